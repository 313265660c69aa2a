"""What is known of models that can be trained, with the day and the source of each fact; the facts are data."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openft.data.facts import Known, Model

EMBEDDED = ("ada", "babbage", "curie", "davinci")
"""The bases that come with openft, under the names of those of 2023."""
_SNAPSHOT = re.compile(r"-\d{4}(?:-\d\d-\d\d)?\Z")


@cache
def known() -> Known:
    """Return all that is known, read once."""
    from importlib.resources import files

    from openft.data.facts import Known

    return Known.model_validate_json((files("openft") / "assets" / "models.json").read_bytes())


def base_of(model: str) -> str:
    """Return the base that a model is named after: of a snapshot, of a fine-tuned model in either API's style."""
    first, _, rest = model.partition(":")
    name = rest.partition(":")[0] if first == "ft" else first
    return _SNAPSHOT.sub("", name)


def find(model: str) -> Model | None:
    """Return what is known of a model, None where that is nothing."""
    return known().models.get(base_of(model))
