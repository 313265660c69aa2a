"""Carries out a job from its files to its model; ``worker`` is the process around it."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path

import torch

from openft.server.engine import bases, checkpoint, results, training
from openft.server.engine.checkpoint import Progress
from openft.server.engine.evaluation import Measured
from openft.server.engine.events import EventLog
from openft.server.engine.examples import read_fitting
from openft.server.engine.failures import Interrupted, JobFailure
from openft.server.engine.results import CURRENT, Row
from openft.server.engine.training import Step
from openft.server.engine.validation import Validation
from openft.server.jobspec import CHECKPOINT, CURRENT_RESULTS, LEGACY_RESULTS, MODEL, JobSpec, Outcome

REPORTS = 100  # metrics events of a job, about


def run(folder: Path, spec: JobSpec, log: EventLog, stopping: threading.Event) -> Outcome:
    """Train from the newest checkpoint to the end and leave results and model in the job's folder.

    Raises:
        Interrupted: ``stopping`` was set; a checkpoint stands.
        JobFailure: The job cannot succeed.
    """
    torch.set_num_threads(1)
    loaded, settings, saved = bases.load(spec.model), spec.hyperparameters, time.monotonic()
    examples = read_fitting(Path(spec.training_file), loaded, log)
    validation = Validation(spec, loaded, examples, log)
    optimizer = training.make_optimizer(loaded.model)
    progress = checkpoint.restore(folder / CHECKPOINT, loaded.model, optimizer)
    total = training.total_steps(len(examples), settings)

    def check() -> None:
        if stopping.is_set():
            raise Interrupted

    check()
    for step in training.train(loaded, optimizer, examples, settings, spec.seed, progress.step):
        row = training_row(step, progress)
        if step.number % math.ceil(total / REPORTS) == 0 or step.ends_epoch:
            row |= validation.glance(step.number)
            row |= validation.classes(check) if step.ends_epoch else {}
            report(log, step, total, row, validation.whole(check) if step.ends_epoch else None)
        if step.ends_epoch:
            announce(log, step, settings.n_epochs, row)
        progress.rows.append(row)
        if stopping.is_set() or step.ends_epoch or time.monotonic() - saved >= spec.checkpoint_seconds:
            log.sync()
            checkpoint.write(folder / CHECKPOINT, loaded.model, optimizer, progress)
            saved = time.monotonic()
        check()

    results.write_legacy(folder / LEGACY_RESULTS, progress.rows, bool(validation.examples), validation.names)
    results.write_current(folder / CURRENT_RESULTS, progress.rows)
    bases.save(loaded, Path(spec.model.path) / "tokenizer.json", folder / MODEL)
    return Outcome(status="succeeded", trained_tokens=progress.tokens)


def training_row(step: Step, progress: Progress) -> Row:
    """Return what a step measured on its own batch."""
    if not math.isfinite(step.loss):
        message = f"the training loss is not a number at step {step.number}; use a smaller learning_rate_multiplier"
        raise JobFailure(message, code="server_error", param="learning_rate_multiplier")
    return {
        "step": step.number,
        "elapsed_tokens": progress.tokens + step.tokens,
        "elapsed_examples": progress.examples + step.examples,
        "training_loss": step.loss,
        "training_sequence_accuracy": step.sequence_accuracy,
        "training_token_accuracy": step.token_accuracy,
    }


def report(log: EventLog, step: Step, total: int, row: Row, full: Measured | None) -> None:
    """Write the metrics event of a step, in the words and keys of today's API."""
    names = CURRENT | {"train_mean_token_accuracy": "training_token_accuracy"}
    data = {name: row[column] for name, column in names.items() if column in row} | {"total_steps": total}
    message = f"Step {step.number}/{total}: training loss={step.loss:.2f}"
    if "valid_loss" in data:
        message += f", validation loss={data['valid_loss']:.2f}"
    if full is not None:
        message += f", full validation loss={full.loss:.2f}"
        data |= {"full_valid_loss": full.loss, "full_valid_mean_token_accuracy": full.token_accuracy}
    log.add(f"step-{step.number}", message, type="metrics", step=step.number, data=data)


def announce(log: EventLog, step: Step, epochs: int, row: Row) -> None:
    """Write the event of an epoch's end."""
    message = f"Completed epoch {step.epoch}/{epochs}"
    data = {"epoch": step.epoch, "n_epochs": epochs, **row}
    log.add(f"epoch-{step.epoch}", message, step=step.number, data=data)
