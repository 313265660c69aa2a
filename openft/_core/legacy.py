"""How the 2023 API speaks of jobs, and of its events, which have no ids."""

from __future__ import annotations

from openft._core.wire import Wire, with_model
from openft.errors import ConfigError
from openft.types import FineTune, FineTuneEvent, SucceededFineTune

LEGACY = Wire(
    noun="fine-tune",
    root=("fine-tunes",),
    page=None,
    job=FineTune,
    event=FineTuneEvent,
    parsed=FineTune.model_validate,
    succeeded=lambda job: with_model(job, SucceededFineTune),
    result_files=lambda job: [file.id for file in job.result_files],
    tells_why=False,
)
"""The 2023 API: events stream, and come oldest first."""


def placed(event: FineTuneEvent, position: int) -> FineTuneEvent:
    """Return the event with its cursor: the 2023 API's events have no id, their place in the story is it."""
    return event.model_copy(update={"cursor": str(position)})


def position(cursor: str) -> int | None:
    """Return the place that a cursor stands for, None where it is none of ours."""
    return int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 20 else None


def behind(cursor: str | None) -> int:
    """Return the place that a saved cursor stands for, 0 for the beginning.

    Raises:
        ConfigError: it cannot be one of ours.
    """
    place = position(cursor) if isinstance(cursor, str) else None
    if cursor and place is None:
        given = repr(cursor)[:50]
        raise ConfigError(f"after must be the cursor of an event, a number as a text, not {given}; pass event.cursor")
    return place or 0
