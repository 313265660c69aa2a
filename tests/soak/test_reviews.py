"""Sixty thousand real reviews become a training and a validation file in one command, and a model that has learnt."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from openft import Client

REVIEWS = Path(__file__).resolve().parents[3] / "shared" / "data" / "nsmc-60k.tsv.gz"
TRAINED, VALIDATED = 4000, 1000


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not REVIEWS.exists(), reason="the reviews are not part of the project")
def test_reviews_become_files_in_one_command_and_their_model_beats_the_majority(tmp_path: Path) -> None:
    out = tmp_path / "reviews.jsonl"
    columns = ["--prompt", "document", "--completion", "label"]
    command = [sys.executable, "-m", "openft", "prepare", str(REVIEWS), *columns, "-o", str(out), "--yes", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    train, valid = (tmp_path / f"reviews_{part}.jsonl" for part in ("train", "valid"))
    rows = [json.loads(line) for line in valid.read_text("utf-8").splitlines()][:VALIDATED]
    assert len(rows) == VALIDATED
    valid.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    with train.open(encoding="utf-8") as lines:
        chosen = [line for _, line in zip(range(TRAINED), lines, strict=False)]
    train.write_text("".join(chosen), "utf-8")
    majority = Counter(row["completion"] for row in rows).most_common(1)[0][1] / VALIDATED

    with Client.local(temporary=True) as client:
        positive = rows[0]["completion"]
        job = client.fine_tunes.create(
            model="ada",
            training_file=client.files.create(file=train, purpose="fine-tune").id,
            validation_file=client.files.create(file=valid, purpose="fine-tune").id,
            compute_classification_metrics=True,
            classification_positive_class=positive,
        )
        job = client.fine_tunes.wait(job.id, timeout=500)
        metrics = [row.classification for row in client.fine_tunes.results(job.id).rows if row.classification][-1]
    accuracy = metrics["accuracy"]
    print(f"accuracy {accuracy}, majority {majority}")
    assert accuracy > majority + 0.1
