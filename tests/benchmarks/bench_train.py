"""What training with default hyperparameters reaches: held-out accuracy and CPU seconds, task by task, seed by seed.

Usage: ``python tests/benchmarks/bench_train.py [sms|reviews|dates|support …] [--base ada] [--seeds 1 2 3] [--rows N]``.
``sms`` and ``reviews`` need the folder ``../shared/data``; the others come with openft.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from openft.server.engine import bases, job
from openft.server.engine.events import EventLog
from openft.server.engine.sampling import generate
from openft.server.generation import Done, Generate
from openft.server.hyperparams import resolve
from openft.server.jobspec import EVENTS, MODEL, JobSpec, ModelRef
from openft.types.requests.fine_tunes import FineTuneCreate

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
SEPARATOR = "\n\n###\n\n"
Row = tuple[str, str]
MOST_CLASSES = 100
"""A task with more different completions is no classification."""


def sms() -> list[Row]:
    """Messages and whether they are spam."""
    lines = (SHARED / "sms-spam.tsv").read_text(encoding="utf-8").split("\n")
    pairs = [line.split("\t", 1) for line in lines if "\t" in line]
    return [(text + SEPARATOR, f" {label}") for label, text in pairs]


def reviews() -> list[Row]:
    """Korean film reviews and whether they praise."""
    with gzip.open(SHARED / "nsmc-60k.tsv.gz", "rt", encoding="utf-8", newline="\n") as file:
        table = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[:5000]
    return [(row["document"] + SEPARATOR, " 긍정" if row["label"] == "1" else " 부정") for row in table]


def shipped(name: str) -> list[Row]:
    """One of the sets that come with openft."""
    with (ROOT / "openft" / "assets" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [(row["prompt"] + SEPARATOR, f" {row['completion']}") for row in csv.DictReader(file)]


TASKS: dict[str, Callable[[], list[Row]]] = {
    "sms": sms,
    "reviews": reviews,
    "dates": lambda: shipped("dates"),
    "support": lambda: shipped("support"),
}


def split(rows: list[Row], seed: int) -> tuple[list[Row], list[Row]]:
    """Return four fifths and a fifth, exact repeats dropped and equal prompts on one side."""
    prompts = sorted({prompt for prompt, _ in rows})
    random.Random(seed).shuffle(prompts)
    held = set(prompts[: len(prompts) // 5])
    rows = list(dict.fromkeys(rows))
    return [row for row in rows if row[0] not in held], [row for row in rows if row[0] in held]


def fine_tune(folder: Path, base: str, rows: list[Row], seed: int) -> tuple[ModelRef, float]:
    """Return the model that default hyperparameters give, and the CPU seconds it took."""
    training = folder / "train.jsonl"
    lines = [json.dumps({"prompt": prompt, "completion": completion}) + "\n" for prompt, completion in rows]
    training.write_text("".join(lines), encoding="utf-8")
    settings = resolve(FineTuneCreate(training_file="file", model=base), len(rows))
    start = ModelRef(name=base, path=str(folder / base), base=base)
    spec = JobSpec(
        job="benchmark",
        model=start,
        training_file=str(training),
        validation_file=None,
        hyperparameters=settings,
        seed=seed,
    )
    before = time.process_time()
    with EventLog(folder / EVENTS) as log:
        job.run(folder, spec, log, threading.Event())
    return ModelRef(name="tuned", path=str(folder / MODEL), base=base), time.process_time() - before


def accuracy(model: ModelRef, rows: list[Row]) -> float:
    """Return the share of rows whose greedy completion is the whole right one, and nothing more."""
    loaded = bases.load(model)
    longest = max(len(loaded.codec.encode(completion)) for _, completion in rows)
    ask = Generate(
        id="1",
        model=model,
        prompts=[prompt for prompt, _ in rows],
        max_tokens=longest,
        temperature=0,
        top_p=1,
        n=1,
        stop=[],
        logprobs=None,
        echo=False,
        seed=1,
        stream=False,
    )
    *_, done = generate(loaded, ask)
    assert isinstance(done, Done)
    return sum(choice.text == completion for choice, (_, completion) in zip(done.choices, rows, strict=True)) / len(
        rows
    )


def peer(train: list[Row], held: list[Row]) -> float:
    """Return the accuracy of TF-IDF with logistic regression on the same rows."""
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=30, max_iter=2000)
    )
    model.fit([prompt for prompt, _ in train], [completion for _, completion in train])
    return float(model.score([prompt for prompt, _ in held], [completion for _, completion in held]))


def main() -> None:
    """Print a line a seed and the means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", default=["dates", "support"], help=f"of {', '.join(TASKS)}")
    parser.add_argument("--base", default="ada")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--rows", type=int, help="train on so many of the rows only")
    given = parser.parse_args()
    for task in given.tasks:
        found = []
        for seed in given.seeds:
            train, held = split(TASKS[task](), seed)
            train = random.Random(seed).sample(train, given.rows) if given.rows else train
            with tempfile.TemporaryDirectory() as folder:
                model, seconds = fine_tune(Path(folder), given.base, train, seed)
                found.append(accuracy(model, held))
            counts = Counter(completion for _, completion in held)
            beside = f"majority {counts.most_common(1)[0][1] / len(held):.3f}"
            if len(counts) < MOST_CLASSES:
                beside += f", TF-IDF and logistic regression {peer(train, held):.4f}"
            print(
                f"{task} {given.base} seed {seed}: {found[-1]:.4f} ({beside}), {len(train)} rows, {seconds:.1f} CPU s",
                flush=True,
            )
        print(f"{task} {given.base}: mean {sum(found) / len(found):.4f}", flush=True)


if __name__ == "__main__":
    main()
