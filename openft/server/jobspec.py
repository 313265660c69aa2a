"""A job's folder: what the server writes for the worker, and what the worker leaves for the server.

```
jobs/STEM/
  job.json        JobSpec, written by the server before the first attempt
  lock            held exclusively (flock) by the worker at work
  events.jsonl    one WorkerEvent a line, appended; a torn last line is cut by the next attempt
  checkpoint/     the newest complete one, renamed into place
  legacy.csv, current.csv   the step metrics in each API's columns
  model/          the finished model, renamed into place
  outcome.json    Outcome, written last, renamed into place
  worker.log      what the worker said on stderr
```
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

SPEC = "job.json"
LOCK = "lock"
EVENTS = "events.jsonl"
CHECKPOINT = "checkpoint"
LEGACY_RESULTS = "legacy.csv"
CURRENT_RESULTS = "current.csv"
MODEL = "model"
OUTCOME = "outcome.json"
LOG = "worker.log"


class Value(BaseModel):
    """A frozen value that both processes know."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class ModelRef(Value):
    """A model on disk."""

    name: str
    """What requests call it."""
    path: str
    """Its folder; that of an embedded base is made on first use."""
    base: str
    """The base it descends from; the embedded bases are ada, babbage, curie and davinci."""


class Hyperparameters(Value):
    """What a job trains with, every choice made."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    prompt_loss_weight: float
    compute_classification_metrics: bool = False
    classification_n_classes: int | None = None
    classification_positive_class: str | None = None
    classification_betas: list[float] | None = None


class JobSpec(Value):
    """All that a worker needs to know."""

    job: str
    """The 24-character stem of the job's identifier."""
    model: ModelRef
    """What to train from."""
    training_file: str
    """A path."""
    validation_file: str | None
    """A path."""
    hyperparameters: Hyperparameters
    seed: int
    checkpoint_seconds: float = 10.0
    """At most this long between two checkpoints while training; every epoch's end has one too."""


class WorkerEvent(Value):
    """One line of ``events.jsonl``."""

    key: str
    """Unique within the job and equal when a resumed attempt repeats it: ``epoch-1``, ``step-120``, ``skipped``."""
    created_at: int
    """Unix seconds."""
    level: Literal["info", "warn", "error"] = "info"
    type: Literal["message", "metrics"] = "message"
    """``metrics`` are kept for today's API; the legacy API shows messages only."""
    message: str
    step: int | None = None
    data: dict[str, Any] | None = None


class Outcome(Value):
    """How the work ended; absent as long as it has not."""

    status: Literal["succeeded", "failed"]
    trained_tokens: int | None = None
    """Tokens seen in training, repeats included."""
    code: str | None = None
    """``invalid_training_file``, ``invalid_validation_file`` or ``server_error``."""
    message: str | None = None
    param: str | None = None
    """The request field at fault."""
