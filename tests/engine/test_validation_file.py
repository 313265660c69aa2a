"""Validation examples that are too long are not left out in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.jobs import carry_out, make_job, read_events
from openft.server.jobspec import ModelRef

pytestmark = pytest.mark.train

SHORT, LONG = ("sky ->", " blue"), ("sky " * 3000, " blue")


def test_a_few_validation_examples_that_are_too_long_are_skipped_with_a_warning(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, n_epochs=1, rows=[SHORT, SHORT, LONG], validation=[SHORT, LONG, SHORT])
    assert carry_out(tmp_path).status == "succeeded"
    told = {event.key: event for event in read_events(tmp_path) if event.level == "warn"}
    assert told.keys() == {"skipped", "skipped-validation"}
    event = told["skipped-validation"]
    assert event.message == "Skipped 1 of 3 validation examples (lines 2): more than 2048 tokens"
    assert event.data == {"skipped": 1, "lines": [2]}


def test_a_majority_of_validation_examples_that_is_too_long_fails_the_job(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, validation=[SHORT, LONG, LONG])
    outcome = carry_out(tmp_path)
    assert (outcome.status, outcome.code, outcome.param) == ("failed", "invalid_validation_file", "validation_file")
    limit = "most validation examples exceed the 2048-token limit"
    assert outcome.message == f"{limit}: 2 of 3 examples (lines 2, 3); shorten or remove them"
