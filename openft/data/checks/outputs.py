"""Whether both outputs of a preference row are the same."""

from __future__ import annotations

from openft.data.checks.paths import Row


def is_equal(row: Row) -> bool:
    """Return whether both outputs of a row with today's keys are there and the same."""
    first = row.get("preferred_output")
    return isinstance(first, list) and first == row.get("non_preferred_output")
