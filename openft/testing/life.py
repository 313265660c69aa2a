"""What becomes of a job: how long it takes, how it ends, and what happens on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, TypedDict, Unpack, cast, get_args

Outcome: TypeAlias = Literal["succeeded", "failed", "cancelled"]
UNITS = {"hours": 3600.0, "minutes": 60.0, "seconds": 1.0}


class Script(TypedDict, total=False):
    """What a test may say about a job; what it leaves out stays as it is."""

    hours: float
    """From the job's creation to its end; added to minutes and seconds."""
    minutes: float
    seconds: float
    queued: float
    """Seconds before the training starts: at most a tenth of the whole, and 60, where nobody says otherwise."""
    outcome: Outcome
    message: str
    """Why it failed."""
    code: str
    """Likewise, as a code; one that begins with ``invalid_`` ends the job before its training."""
    param: str | None
    """Likewise, the parameter at fault."""
    loading: float
    """Seconds after the end before the model answers."""
    results: bytes
    """The result file's content, the same on both wires."""


@dataclass(frozen=True)
class Life:
    """A job's fate."""

    total: float = 600.0
    """Seconds from its creation to its end."""
    queued: float | None = None
    outcome: Outcome = "succeeded"
    message: str = "the training failed"
    code: str = "server_error"
    param: str | None = None
    loading: float = 0.0
    results: bytes | None = None

    def scripted(self, **script: Unpack[Script]) -> Life:
        """Return this life with what a test says about it."""
        given = cast("Mapping[str, Any]", script)
        unknown = given.keys() - Script.__annotations__.keys()
        if unknown:
            known = ", ".join(Script.__annotations__)
            raise ValueError(f"a job's script has no {', '.join(sorted(unknown))}; it may have {known}")
        if given.get("outcome", "succeeded") not in get_args(Outcome):
            raise ValueError(f"outcome must be one of {', '.join(get_args(Outcome))}, not {given['outcome']!r}")
        if any(given.get(name, 0.0) < 0 for name in (*UNITS, "queued", "loading")):
            raise ValueError(f"a job's times are at least 0: {dict(given)}")
        others = {name: value for name, value in given.items() if name not in UNITS}
        lengths = [given[name] * worth for name, worth in UNITS.items() if name in given]
        return replace(self, **others, **({"total": sum(lengths)} if lengths else {}))

    def milestones(self, epochs: int) -> Iterator[tuple[float, Milestone]]:
        """Yield what happens and when, in seconds after the job's creation."""
        start = min(self.total / 10, 60.0) if self.queued is None else min(self.queued, self.total)
        yield start / 2, Milestone("validated")
        if self.outcome != "failed" or not self.code.startswith("invalid_"):
            yield start, Milestone("started")
            done = epochs if self.outcome == "succeeded" else epochs - 1
            for epoch in range(1, done + 1):
                yield start + (self.total - start) * epoch / (epochs + 1), Milestone("epoch", epoch)
        yield self.total, Milestone("end")


@dataclass(frozen=True, slots=True)
class Milestone:
    """One thing that happens to a job."""

    kind: Literal["validated", "started", "epoch", "end"]
    epoch: int = 0
