"""How many tokens a second the embedded server trains its bases with: the rates by which ``openft.data`` tells a time.

Each base is trained on the ticket set for one epoch and for three, by the worker that carries out every job; the
difference is the rate, the rest is what a job takes beside. Seconds are the worker's CPU seconds, which are those of
the clock on a machine with a core to spare: a worker has one thread.

Usage: ``python tests/benchmarks/bench_rates.py [ada …] [--write]``; ``--write`` keeps them in ``assets/models.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench_train import shipped
from openft.data.models import EMBEDDED
from openft.data.tokens import counter
from openft.server.hyperparams import resolve
from openft.server.jobspec import OUTCOME, SPEC, JobSpec, ModelRef
from openft.types.requests.fine_tunes import FineTuneCreate

KNOWN = Path(__file__).parents[2] / "openft" / "assets" / "models.json"
ROWS = shipped("support")


def seconds(base: str, epochs: int) -> float:
    """Return the CPU seconds of a job."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        training = folder / "train.jsonl"
        lines = [json.dumps({"prompt": prompt, "completion": completion}) + "\n" for prompt, completion in ROWS]
        training.write_text("".join(lines), encoding="utf-8")
        spec = JobSpec(
            job="benchmark",
            model=ModelRef(name=base, path=str(folder / base), base=base),
            training_file=str(training),
            validation_file=None,
            hyperparameters=resolve(FineTuneCreate(training_file="file", model=base, n_epochs=epochs), len(ROWS)),
            seed=1,
        )
        (folder / SPEC).write_text(spec.model_dump_json(), encoding="utf-8")
        command = [sys.executable, "-m", "openft.server.engine.worker", str(folder)]
        worker = subprocess.Popen(command, stdin=subprocess.PIPE)
        _, status, used = os.wait4(worker.pid, 0)
        assert status == 0
        assert json.loads((folder / OUTCOME).read_bytes())["status"] == "succeeded"
    return used.ru_utime + used.ru_stime


def machine() -> str:
    """Return what this machine is."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    return f"one core of {model.strip()}"


def main() -> None:
    """Print a line a base, and keep the rates on request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bases", nargs="*", default=list(EMBEDDED))
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    texts = [text for row in ROWS for text in row]
    tokens = sum(counter("ada").count_all(texts))
    found = {}
    for base in given.bases:
        one, three = seconds(base, 1), seconds(base, 3)
        rate = 2 * tokens / (three - one)
        found[base] = {
            "tokens_per_second": round(rate),
            "start_seconds": round(one - tokens / rate, 1),
            "machine": machine(),
            "date": datetime.now(UTC).date().isoformat(),
        }
        print(f"{base:8} {rate:8,.0f} tokens/s, {found[base]['start_seconds']} s beside ({machine()})", flush=True)
    if given.write:
        known = json.loads(KNOWN.read_bytes())
        known["embedded"] |= found
        KNOWN.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
