"""What a training that never happened chooses and measures; all of it follows from the request alone."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

from openft.testing.records import FakeJob, WireName
from openft.types.requests import FineTuneCreate, FineTuningJobCreate
from openft.types.requests.fine_tuning import SupervisedHyperparameters

SHOWN = 5
"""Steps of an epoch that are measured, at most."""
TOKENS = 12
"""In an example."""
HEADS: dict[WireName, str] = {
    "legacy": "step,elapsed_tokens,elapsed_examples,training_loss,training_sequence_accuracy,training_token_accuracy",
    "current": "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy",
}


def legacy_choice(asked: FineTuneCreate, rows: int) -> dict[str, Any]:
    """Return the hyperparameters of a fine-tune, in the names of the 2023 API."""
    batch_size = asked.batch_size or _batch_size(rows)
    return {
        "n_epochs": asked.n_epochs,
        "batch_size": batch_size,
        "learning_rate_multiplier": asked.learning_rate_multiplier or 0.1,
        "prompt_loss_weight": asked.prompt_loss_weight,
        "compute_classification_metrics": asked.compute_classification_metrics,
        "classification_n_classes": asked.classification_n_classes,
        "classification_positive_class": asked.classification_positive_class,
        "classification_betas": asked.classification_betas,
    }


def hyperparameters_of(asked: FineTuningJobCreate) -> SupervisedHyperparameters:
    """Return what the request says about the training, wherever it says it."""
    method = asked.method and getattr(asked.method, asked.method.type)
    chosen: SupervisedHyperparameters | None = method.hyperparameters if method else asked.hyperparameters
    return chosen or SupervisedHyperparameters()


def current_choice(asked: SupervisedHyperparameters, rows: int) -> dict[str, Any]:
    """Return the hyperparameters of a job of today's API, nothing left to choose."""
    chosen: dict[str, float] = {"n_epochs": _epochs(rows), "batch_size": _batch_size(rows)}
    chosen |= {"learning_rate_multiplier": 1.0, "beta": 0.1, "compute_multiplier": 1.0}
    chosen |= {"eval_interval": 1, "eval_samples": 1}
    return {name: chosen[name] if value == "auto" else value for name, value in asked.model_dump().items()}


def _batch_size(rows: int) -> int:
    return min(256, max(1, round(0.002 * rows)))


def _epochs(rows: int) -> int:
    """Return the automatic number of epochs (source: OpenAI's cookbook)."""
    if rows * 3 < 100:
        return min(25, 100 // max(rows, 1))
    return max(1, 25000 // rows) if rows * 3 > 25000 else 3


def steps_of(rows: int, batch_size: int) -> int:
    """Return the steps of one epoch."""
    return max(1, ceil(rows / batch_size))


def measured(job: FakeJob, epoch: int) -> Iterator[int]:
    """Yield the steps of an epoch that are measured; the last always is."""
    shown = min(job.steps, SHOWN)
    yield from ((epoch - 1) * job.steps + job.steps * number // shown for number in range(1, shown + 1))


def metrics(job: FakeJob, step: int) -> dict[str, float]:
    """Return what was measured at a step, by today's names."""
    total = job.steps * int(job.hyperparameters["n_epochs"])
    loss = round(2.0 / (1 + 9 * step / total), 4)
    found = {"train_loss": loss, "train_mean_token_accuracy": round(1 - loss / 4, 4)}
    if job.validation_file:
        worse = round(loss * 1.1, 4)
        found |= {"valid_loss": worse, "valid_mean_token_accuracy": round(1 - worse / 4, 4)}
    return found


def results(job: FakeJob, wire: WireName) -> bytes:
    """Return a job's result file, in one wire's columns."""
    if job.life.results is not None:
        return job.life.results
    head = HEADS[wire]
    if wire == "legacy" and job.validation_file:
        head += ",validation_loss,validation_token_accuracy"
    rows = [_row(job, wire, step) for epoch, _ in job.epochs_done for step in measured(job, epoch)]
    return "\n".join([head, *rows, ""]).encode()


def _row(job: FakeJob, wire: WireName, step: int) -> str:
    found = metrics(job, step)
    loss, accuracy = found["train_loss"], found["train_mean_token_accuracy"]
    valid = [found.get("valid_loss", ""), found.get("valid_mean_token_accuracy", "")]
    if wire == "current":
        cells = [step, loss, accuracy, *valid]
    else:
        examples = step * int(job.hyperparameters["batch_size"])
        cells = [step, examples * TOKENS, examples, loss, accuracy, accuracy, *(valid if job.validation_file else ())]
    return ",".join(map(str, cells))
