"""What the API keeps, as tests may look at it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from openft.testing.life import Life, Milestone
from openft.testing.naming import new_stem
from openft.types.shown import Shown

WireName: TypeAlias = Literal["legacy", "current"]
FINISHED = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(kw_only=True, slots=True, repr=False)
class FakeFile(Shown):
    """A file."""

    __shown__: ClassVar[tuple[str, ...]] = ("id", "filename", "purpose", "rows")
    id: str
    content: bytes
    filename: str
    purpose: str
    created_at: float
    rows: int = 0
    """Training examples."""
    kind: str | None = None
    """``prompt_completion``, ``chat``, ``preference`` or ``reinforcement``."""
    expires_at: float | None = None
    ready_at: float = 0.0
    """When it is processed."""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a job's story, before either wire has put it into words."""

    kind: str
    at: float
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(kw_only=True, slots=True, eq=False, repr=False)
class FakeJob(Shown):
    """A job, whichever wire it came over."""

    __shown__: ClassVar[tuple[str, ...]] = ("id", "status", "model", "suffix", "fine_tuned_model")
    stem: str = field(default_factory=new_stem)
    wire: WireName
    number: int = 0
    """Its place in the order of creation, from 0."""
    created_at: float
    updated_at: float = 0.0
    life: Life
    status: str = "validating_files"
    model: str
    base: str
    training_file: str
    validation_file: str | None = None
    suffix: str | None = None
    hyperparameters: dict[str, Any]
    """What it trains with, all chosen."""
    method: dict[str, Any] | None = None
    """As the request had it; None on the 2023 API."""
    metadata: dict[str, str] | None = None
    integrations: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    seed: int = 0
    steps: int = 1
    """In one epoch."""
    started_at: float | None = None
    finished_at: float | None = None
    fine_tuned_model: str | None = None
    model_name: str | None = None
    """What the model is going to be called, where that is known before the end."""
    result_files: dict[WireName, str] = field(default_factory=dict[WireName, str])
    trained_tokens: int | None = None
    error: dict[str, str | None] | None = None
    epochs_done: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    """Epochs and when they ended."""
    facts: list[Fact] = field(default_factory=list[Fact])
    plan: deque[tuple[float, Milestone]] = field(default_factory=deque[tuple[float, Milestone]])
    """What is still to happen, and when."""
    paused_at: float | None = None
    shown: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """How it looks in lists, until it changes."""

    @property
    def id(self) -> str:
        """The id on the wire that created it."""
        return f"ft-{self.stem}" if self.wire == "legacy" else f"ftjob-{self.stem}"

    @property
    def finished(self) -> bool:
        """Whether the status can no longer change."""
        return self.status in FINISHED

    def told(self, kind: str) -> bool:
        """Return whether something is part of its story."""
        return any(fact.kind == kind for fact in self.facts)


@dataclass(kw_only=True, slots=True, repr=False)
class FakeModel(Shown):
    """A fine-tuned model, or a checkpoint of one."""

    __shown__: ClassVar[tuple[str, ...]] = ("name", "base")
    name: str
    base: str
    created_at: float
    job: str
    """The job's stem."""
    ready_at: float = 0.0
    """When it has been loaded."""
    listed: bool = True
    """Checkpoints answer, but are not in the list."""


@dataclass(kw_only=True, slots=True)
class FakeUpload:
    """An upload in parts."""

    id: str
    filename: str
    purpose: str
    size: int
    """Bytes of the whole file."""
    created_at: float
    expires_at: float
    lasts: int | None
    """Seconds for which the file is to be kept."""
    status: str = "pending"
    parts: dict[str, bytes] = field(default_factory=dict[str, bytes], repr=False)
    file: FakeFile | None = None
