"""The keys of preference rows, and whether both outputs are the same."""

from __future__ import annotations

from openft.data.checks.paths import Row
from openft.types.records import PreferenceExample, PreferenceInput

KEYS = frozenset(PreferenceExample.model_fields)
INPUT_KEYS = frozenset(PreferenceInput.model_fields)
"""What a row and its input may have."""


def is_equal(row: Row) -> bool:
    """Return whether both outputs of a row with today's keys are there and the same."""
    first = row.get("preferred_output")
    return isinstance(first, list) and first == row.get("non_preferred_output")
