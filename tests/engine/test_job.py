"""A job leaves its events, results and model, or a reason why not."""

from __future__ import annotations

import csv
import errno
import json
from pathlib import Path
from typing import Any

import pytest

from engine.jobs import carry_out, make_job, read_events, write_rows
from openft.server.engine import bases
from openft.server.engine.bases import UnusableModel
from openft.server.engine.failures import describe
from openft.server.engine.sampling import generate
from openft.server.generation import Done, Generate
from openft.server.jobspec import CURRENT_RESULTS, LEGACY_RESULTS, MODEL, ModelRef

pytestmark = pytest.mark.train

VALIDATION = [(f"sky {n} ->", " blue") for n in range(6)] + [(f"grass {n} ->", " green") for n in range(6)]
CLASSES: dict[str, Any] = {"compute_classification_metrics": True, "classification_positive_class": " blue"}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_job_ends_with_a_model_that_loads(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada)
    assert carry_out(tmp_path).status == "succeeded"
    assert (
        bases.load(ModelRef(name="mine", path=str(tmp_path / MODEL), base="ada")).learning_rate
        == bases.SIZES["ada"].learning_rate
    )


def test_the_legacy_results_have_the_guides_columns_by_step(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, validation=VALIDATION, classification_betas=[0.5, 2], **CLASSES)
    outcome = carry_out(tmp_path)
    written = (tmp_path / LEGACY_RESULTS).read_bytes()
    assert b"\r" not in written
    assert b"nan" not in written
    assert written.split(b"\n")[0].decode().split(",") == [
        "step",
        "elapsed_tokens",
        "elapsed_examples",
        "training_loss",
        "training_sequence_accuracy",
        "training_token_accuracy",
        "validation_loss",
        "validation_sequence_accuracy",
        "validation_token_accuracy",
        "classification/accuracy",
        "classification/precision",
        "classification/recall",
        "classification/auroc",
        "classification/auprc",
        "classification/f0.5",
        "classification/f2.0",
    ]
    rows = table(tmp_path / LEGACY_RESULTS)
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 21)]
    assert [row["elapsed_examples"] for row in rows] == [str(4 * step) for step in range(1, 21)]
    assert rows[-1]["elapsed_tokens"] == str(outcome.trained_tokens)
    assert [row["step"] for row in rows if row["classification/accuracy"]] == ["10", "20"]


def test_without_a_validation_file_there_are_no_such_columns(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada)
    carry_out(tmp_path)
    assert not [name for name in table(tmp_path / LEGACY_RESULTS)[0] if "valid" in name or "class" in name]


def test_todays_results_have_todays_columns(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, validation=VALIDATION, n_epochs=12)
    carry_out(tmp_path)
    rows, legacy = table(tmp_path / CURRENT_RESULTS), table(tmp_path / LEGACY_RESULTS)
    assert list(rows[0]) == ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
    assert [row["train_loss"] for row in rows] == [row["training_loss"] for row in legacy]
    assert [row["step"] for row in rows if row["valid_loss"]] == [str(step) for step in range(2, 121, 2)]


def test_undefined_metrics_are_blank(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, validation=VALIDATION[:6], **CLASSES)
    carry_out(tmp_path)
    last = table(tmp_path / LEGACY_RESULTS)[-1]
    assert (last["classification/auroc"], last["classification/auprc"]) == ("", "")
    assert last["classification/accuracy"] != ""


def test_more_classes_have_the_guides_columns(tmp_path: Path, ada: ModelRef) -> None:
    options: dict[str, Any] = {"compute_classification_metrics": True, "classification_n_classes": 2}
    make_job(tmp_path, ada, validation=VALIDATION, **options)
    carry_out(tmp_path)
    names = [name for name in table(tmp_path / LEGACY_RESULTS)[0] if name.startswith("classification/")]
    assert names == ["classification/accuracy", "classification/weighted_f1_score"]


def test_events_tell_of_epochs_and_steps(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, validation=VALIDATION, **CLASSES)
    carry_out(tmp_path)
    events = {event.key: event for event in read_events(tmp_path)}
    assert [event.message for key, event in events.items() if key.startswith("epoch")] == [
        "Completed epoch 1/2",
        "Completed epoch 2/2",
    ]
    step = events["step-20"]
    assert (step.type, step.step) == ("metrics", 20)
    assert step.data is not None
    assert step.message == (
        f"Step 20/20: training loss={step.data['train_loss']:.2f}, validation loss={step.data['valid_loss']:.2f}, "
        f"full validation loss={step.data['full_valid_loss']:.2f}"
    )
    assert set(step.data) == {
        "step",
        "total_steps",
        "train_loss",
        "train_accuracy",
        "train_mean_token_accuracy",
        "valid_loss",
        "valid_mean_token_accuracy",
        "full_valid_loss",
        "full_valid_mean_token_accuracy",
    }
    last = events["epoch-2"].data
    assert last is not None
    assert last["classification/accuracy"] == pytest.approx(
        float(table(tmp_path / LEGACY_RESULTS)[-1]["classification/accuracy"])
    )


def test_a_long_job_reports_about_a_hundred_times(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, n_epochs=6, batch_size=1)
    carry_out(tmp_path)
    assert 70 <= len([event for event in read_events(tmp_path) if event.type == "metrics"]) <= 110


def test_training_goes_on_from_a_fine_tuned_model(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path / "first", ada, n_epochs=8)
    carry_out(tmp_path / "first")
    tuned = ModelRef(name="ada:ft-me", path=str(tmp_path / "first" / MODEL), base="ada")
    make_job(tmp_path / "second", tuned)
    carry_out(tmp_path / "second")
    first, second = (table(tmp_path / name / LEGACY_RESULTS) for name in ("first", "second"))
    assert float(second[0]["training_loss"]) < float(first[0]["training_loss"]) / 2


def test_a_fine_tuned_model_answers_what_it_was_not_shown(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, n_epochs=6, batch_size=2)
    carry_out(tmp_path)
    model = ModelRef(name="ada:ft-me", path=str(tmp_path / MODEL), base="ada")
    chosen = {"n": 1, "stop": [], "logprobs": None, "echo": False, "seed": None, "stream": False}
    prompts = ["91 sky 2 ->", "92 grass 3 ->"]
    ask = Generate.model_validate(
        {"id": "1", "model": model, "prompts": prompts, "max_tokens": 5, "temperature": 0, "top_p": 1, **chosen}
    )
    *_, done = generate(bases.load(model), ask)
    assert isinstance(done, Done)
    assert [(choice.text, choice.finish_reason) for choice in done.choices] == [(" blue", "stop"), (" green", "stop")]


def test_unusable_training_data_names_the_line(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada)
    (tmp_path / "train.jsonl").write_text('{"prompt":"a","completion":" b"}\n{"prompt":1}\n', encoding="utf-8")
    outcome = carry_out(tmp_path)
    assert (outcome.code, outcome.param) == ("invalid_training_file", "training_file")
    assert outcome.message == "line 2 is no JSON object with prompt and completion; fix or remove it"


def test_unusable_validation_data_names_the_line(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, validation=VALIDATION)
    write_rows(tmp_path / "valid.jsonl", [("a", "")])
    outcome = carry_out(tmp_path)
    assert (outcome.code, outcome.param) == ("invalid_validation_file", "validation_file")
    assert "line 1" in (outcome.message or "")


def test_labels_that_do_not_fit_fail_the_job(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, validation=VALIDATION, **{**CLASSES, "classification_positive_class": "blue"})
    outcome = carry_out(tmp_path)
    assert (outcome.status, outcome.param) == ("failed", "classification_positive_class")


def test_a_loss_that_explodes_is_named(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, learning_rate_multiplier=1e38, n_epochs=10)
    outcome = carry_out(tmp_path)
    assert outcome.param == "learning_rate_multiplier"
    assert "use a smaller learning_rate_multiplier" in (outcome.message or "")


def test_event_lines_are_json_with_unique_keys(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada)
    carry_out(tmp_path)
    keys = [json.loads(line)["key"] for line in (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(keys) == len(set(keys)) == 22


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "out of memory; use a smaller batch_size"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out of memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (RuntimeError("I/O error: No space left on device (os error 28)"), "disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "model"), "could not use 'model'"),
        (UnusableModel("model x has no config"), "model x has no config"),
        (KeyError("a"), "unexpected KeyError"),
    ],
)
def test_failures_are_told_in_words_that_help(error: Exception, words: str) -> None:
    outcome = describe(error)
    assert (outcome.status, outcome.code) == ("failed", "server_error")
    assert words in (outcome.message or "")
