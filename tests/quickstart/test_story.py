"""The quickstart's story, over a scripted API."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from openft.errors import BadRequestError, DataError, JobCancelled, JobFailed
from openft.quickstart import Moved, Note, QuickstartResult, Said, run
from quickstart.scripted import JOB, MODEL, UPLOADED, ScriptedApi

ROWS = 100


def parity(prompt: str) -> str:
    """Complete ``number 7`` with ``odd``, but get one number in ten wrong."""
    number = int(prompt.removesuffix("\n\n###\n\n").split()[-1])
    return ["even", "odd"][(number + (number % 10 == 0)) % 2]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of numbers: 60 odd ones, 40 even ones, one row twice."""
    numbers = [*range(1, 81), *range(81, 121, 2)]
    rows = [f"  number {number} ,{['even', 'odd'][number % 2]}" for number in numbers]
    path = tmp_path / "parity.csv"
    path.write_text("\n".join(["text,label", *rows, rows[0].strip()]))
    return path


def tell(api: ScriptedApi, data: Path | None, *, seed: int = 1) -> tuple[QuickstartResult, list[Note]]:
    """Run the quickstart and return its result and its notes."""
    notes: list[Note] = []
    with api.client() as client:
        result = run(client, data=data, seed=seed, report=notes.append)
    return result, notes


def test_the_result_says_what_came_of_it(table: Path) -> None:
    result, _ = tell(ScriptedApi(parity), table)
    wrong = round((1 - result.accuracy) * 20)
    assert dataclasses.replace(result, seconds=0.0, majority_accuracy=0.0) == QuickstartResult(
        file_id=UPLOADED,
        job_id=JOB,
        status="succeeded",
        fine_tuned_model=MODEL,
        train_rows=80,
        held_out_rows=20,
        majority_accuracy=0.0,
        accuracy=1 - wrong / 20,
        seconds=0.0,
        deleted=True,
    )


def test_training_records_are_in_the_guides_format(table: Path) -> None:
    api = ScriptedApi(parity)
    tell(api, table)
    assert len(api.training) == 80
    assert {"prompt": "number 1\n\n###\n\n", "completion": " odd"} in api.training


def test_held_out_prompts_are_asked_greedily_in_batches_and_were_not_trained_on() -> None:
    api = ScriptedApi(lambda prompt: "billing")
    result, _ = tell(api, None)
    asked = [prompt for body in api.completions for prompt in body["prompt"]]
    assert len(asked) == result.held_out_rows
    assert not set(asked) & {row["prompt"] for row in api.training}
    assert {len(body["prompt"]) for body in api.completions[:-1]} == {32}
    assert {(body["temperature"], body["max_tokens"], body["model"]) for body in api.completions} == {
        (0, len(" technical") + 1, MODEL)
    }


def test_a_model_that_always_gives_the_majority_label_is_as_good_as_the_majority(table: Path) -> None:
    result, _ = tell(ScriptedApi(lambda prompt: "odd"), table)
    assert result.accuracy == result.majority_accuracy > 0.3


def test_the_model_and_the_file_are_deleted(table: Path) -> None:
    api = ScriptedApi(parity)
    tell(api, table)
    assert api.deleted == [f"models/{MODEL}", f"files/{UPLOADED}"]


def test_a_deletion_that_the_server_does_not_confirm_is_told(table: Path) -> None:
    result, notes = tell(ScriptedApi(parity, deletes=False), table)
    assert result.deleted is False
    assert notes[-1] == Said("delete", "the server did not delete everything")


def test_the_story_tells_each_step(table: Path) -> None:
    _, notes = tell(ScriptedApi(parity), table)
    assert [note.topic for note in notes if isinstance(note, Said) and note.topic != "example"] == [
        "data", "check", "upload", "fine-tune", "fine-tune", "results", "evaluate", "delete",
    ]  # fmt: skip
    assert notes[0] == Said("data", "parity.csv: 80 rows to train on, 20 held out (repeated rows dropped: 1)")
    assert Said("results", "training loss 2.500 at the first of 2 steps, 0.125 last") in notes
    assert Moved("evaluate", 20, 20, "held-out rows") in notes


def test_progress_comes_from_the_events_steps_and_epochs(table: Path) -> None:
    _, notes = tell(ScriptedApi(parity), table)
    assert [note for note in notes if isinstance(note, Moved) and note.topic == "fine-tune"] == [
        Moved("fine-tune", 5, 40, "Step 5/40: training loss=0.5"),
        Moved("fine-tune", 1, 4, "Completed epoch 1/4, training loss 0.250"),
    ]


def test_right_and_wrong_answers_are_shown_on_one_line_each(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    rows = [f'"number\x1b[2J\n{"x" * 60} {number}",{number % 2}' for number in range(20)]
    path.write_text("\n".join(["text,label", *rows]))
    _, notes = tell(ScriptedApi(lambda prompt: "1"), path)
    examples = [note.text for note in notes if note.topic == "example"]
    shown = "number [2J " + "x" * 46 + "..."
    assert set(examples) == {f"{shown} -> 1", f"{shown} -> 1 (wrong: 0)"}
    assert len(examples) <= 4


def test_a_held_out_row_that_is_too_long_counts_as_wrong_and_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    rows = [f"{'x' * (200 if number % 5 else 1)} number {number},odd" for number in range(1, 101, 2)]
    path.write_text("\n".join(["text,label", *rows]))
    result, notes = tell(ScriptedApi(lambda prompt: "odd", context=100), path)
    short = round(result.accuracy * result.held_out_rows)
    said = [note.text for note in notes]
    assert 0 < short < result.held_out_rows
    assert f"{result.held_out_rows - short} held-out rows are too long for the model and count as wrong" in said
    assert any("(too long)" in text for text in said)


def test_another_refusal_of_the_held_out_rows_is_an_error(table: Path) -> None:
    with pytest.raises(BadRequestError):
        tell(ScriptedApi(parity, context=1, refusal="model_gone"), table)


def test_an_accuracy_that_says_little_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "same.csv"
    path.write_text("\n".join(["text,label", *(f"number {number},odd" for number in range(1, 21, 2))]))
    _, notes = tell(ScriptedApi(lambda prompt: "odd"), path)
    said = [note.text for note in notes]
    assert "all rows have the same completion: there was nothing to learn" in said
    assert any("the accuracy is mostly chance" in text for text in said)


def test_results_without_losses_are_passed_over(table: Path) -> None:
    _, notes = tell(ScriptedApi(parity, results="step,training_loss\n1,\n"), table)
    assert "results" not in {note.topic for note in notes}


def test_another_seed_holds_out_other_rows(table: Path) -> None:
    one, other = ScriptedApi(parity), ScriptedApi(parity)
    tell(one, table, seed=1)
    tell(other, table, seed=2)
    assert one.training != other.training


def test_the_samples_hold_out_a_fifth() -> None:
    with ScriptedApi(lambda prompt: "2020-01-01").client() as client:
        result = run(client, sample="dates", report=lambda note: None)
    assert (result.train_rows, result.held_out_rows) == (2400, 600)


def test_a_bad_table_ends_the_story_before_anything_is_sent(tmp_path: Path) -> None:
    api = ScriptedApi(parity)
    with pytest.raises(DataError, match="cannot be read"):
        tell(api, tmp_path / "missing.csv")
    assert api.training == []


@pytest.mark.parametrize(("status", "error"), [("failed", JobFailed), ("cancelled", JobCancelled)])
def test_a_job_that_does_not_succeed_ends_the_story(table: Path, status: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        tell(ScriptedApi(parity, status=status), table)
