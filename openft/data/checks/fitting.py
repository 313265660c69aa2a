"""Whether a model learns from rows of the format that data is in."""

from __future__ import annotations

from collections.abc import Iterator

from openft.data.checks import rules
from openft.data.findings import Finding
from openft.data.models import find
from openft.data.rows import Kind

_SAID = {"conversations": "conversations", "pairs": "prompts with completions"}


def conversion(kind: Kind, model: str | None) -> Kind | None:
    """Return the format that rows are to be converted to for a model; None where they fit, or nobody knows."""
    found = find(model) if model is not None else None
    if found is None or kind in {"preference", "reinforcement"}:
        return None
    to: Kind = "chat" if found.learns == "conversations" else "prompt_completion"
    return None if kind == to else to


def fitting(kind: Kind, model: str | None, file: str) -> Iterator[Finding]:
    """Yield whether a model does not learn from rows of a format."""
    found = find(model) if model is not None else None
    if found is None or (found.learns == "pairs") == (kind == "prompt_completion"):
        return
    to = conversion(kind, model)
    remedy = (
        f"convert them with prepare --to {to}, or openft.data.convert" if to else "name a model that learns from them"
    )
    says = f"{model} learns from {_SAID[found.learns]}, and these rows are {kind.replace('_', '/')}; {remedy}"
    yield rules.WRONG_FOR_MODEL.finding(says, file=file)
