"""The whole life cycle of a fine-tuned model, told step by step, through the public client only."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from openft.data import Split, check_file, write_jsonl
from openft.quickstart.evaluate import ask, show
from openft.quickstart.notes import Moved, Note, QuickstartResult, Report, Said
from openft.quickstart.prepare import Sample, doubts, majority_accuracy, read_split, record

if TYPE_CHECKING:
    import openft
    from openft.types import File, FineTuneEvent, SucceededFineTune


def run(
    client: openft.Client,
    *,
    report: Report,
    data: Path | None = None,
    sample: Sample = "support",
    seed: int = 1,
    prompt_column: str | None = None,
    completion_column: str | None = None,
) -> QuickstartResult:
    """Read a table, train on four fifths of it, measure on the rest, delete everything, and return what came of it.

    Args:
        client: where to train; ``openft.Client.local(temporary=True)`` for a server that goes afterwards.
        report: called with each step.
        data: a table; None takes a sample.
        sample: which of the tables that come with openft.
        seed: of the split.
        prompt_column: the column to learn from, by name or number; None finds it.
        completion_column: the column to learn, likewise.

    Raises:
        DataError: the table is wrong.
        JobFailed: the fine-tune failed.
    """
    began = time.monotonic()
    name, split = read_split(data, sample, seed, prompt_column, completion_column)
    report(
        Said("data", f"{name}: {len(split.train)} rows to train on, {len(split.held_out)} held out{_dropped(split)}")
    )
    file = _upload(client, split, report)
    job = _train(client, file, report)
    answers = ask(client, job.fine_tuned_model, split.held_out, report)
    accuracy, majority = sum(answer.right for answer in answers) / len(answers), majority_accuracy(split)
    report(Said("evaluate", f"accuracy {accuracy:.3f} on held-out rows; always the same answer: {majority:.3f}"))
    for doubt in doubts(split):
        report(Said("", doubt))
    show(answers, report)
    deleted = client.models.delete(job.fine_tuned_model).deleted and client.files.delete(file.id).deleted
    report(Said("delete", "the model and the file are gone" if deleted else "the server did not delete everything"))
    return QuickstartResult(
        file_id=file.id,
        job_id=job.id,
        status=job.status,
        fine_tuned_model=job.fine_tuned_model,
        train_rows=len(split.train),
        held_out_rows=len(split.held_out),
        majority_accuracy=majority,
        accuracy=accuracy,
        seconds=round(time.monotonic() - began, 1),
        deleted=deleted,
    )


def _dropped(split: Split) -> str:
    return f" (repeated rows dropped: {split.repeats})" if split.repeats else ""


def _upload(client: openft.Client, split: Split, report: Report) -> File:
    with tempfile.TemporaryDirectory(prefix="openft-quickstart-") as folder:
        path = Path(folder) / "train.jsonl"
        write_jsonl(path, map(record, split.train))
        checked = check_file(path)
        report(Said("check", f"{checked.rows} {checked.kind.replace('_', '/')} rows, all usable"))
        file = client.files.create(file=path, purpose="fine-tune")
    report(Said("upload", f"{file.id}, {file.bytes:,} bytes"))
    return file


def _train(client: openft.Client, file: File, report: Report) -> SucceededFineTune:
    created = client.fine_tunes.create(training_file=file.id, model="ada", suffix="quickstart")
    with client.fine_tunes.follow(created.id) as events:
        for event in events:
            report(_note(event))
    job = client.fine_tunes.wait(created.id)
    losses = [row.training_loss for row in client.fine_tunes.results(job.id).rows if row.training_loss is not None]
    if losses:
        report(
            Said("results", f"training loss {losses[0]:.3f} at the first of {len(losses)} steps, {losses[-1]:.3f} last")
        )
    return job


def _note(event: FineTuneEvent) -> Note:
    """Return an event as progress where the server says how far it has come, else as a line."""
    data = event.data or {}
    loss = data.get("training_loss")
    text = f"{event.message}, training loss {loss:.3f}" if isinstance(loss, float) else event.message
    for done, total in (("step", "total_steps"), ("epoch", "n_epochs")):
        if isinstance(data.get(done), int) and isinstance(data.get(total), int):
            return Moved("fine-tune", data[done], data[total], text)
    return Said("fine-tune", event.message)
