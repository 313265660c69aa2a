"""How answers look: one line for a terminal, a small table for a notebook; of content only how an answer begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, cast

NAMES = frozenset({"code", "finish_reason", "id", "level", "model", "name", "object", "role", "status", "type"})
"""Fields whose text is a name in every type; another's may be content, of which the length is told."""


class Shown:
    """Something with fields, of which ``__shown__`` names those that matter, else all that are declared.

    ``choices.0.text`` is a field of the first of its choices.
    """

    __slots__ = ()
    __shown__: ClassVar[tuple[str, ...]] = ()

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        """Return names and short values, for what prints models by these: pydantic, rich, devtools."""
        from openft.display import shown

        return [(name, shown(value)) for name, value in told(self)]

    def __repr__(self) -> str:
        from openft.display import line

        return line(type(self).__name__, told(self))

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        from openft.display import card

        return card(type(self).__name__, told(self))


def told(thing: Shown) -> Iterator[tuple[str, object]]:
    """Yield the names and values of the fields that matter and have one, in words where a bare number says little."""
    chosen = type(thing).__shown__
    for name in chosen or getattr(type(thing), "model_fields", ()):
        value = _in_words(name, _within(thing, name), is_content=name not in (chosen or NAMES))
        if value is not None and value != "" and (chosen or name != "object"):
            yield name.rpartition(".")[2], value


def _within(thing: object, name: str) -> object:
    """Return the field, None where it is not there."""
    for step in name.split("."):
        try:
            thing = cast("Sequence[object]", thing)[int(step)] if step.isdigit() else getattr(thing, step, None)
        except (LookupError, TypeError):  # an answer that was made without validation
            return None
    return thing


def listed(things: Sequence[object], *, more: bool = False) -> str:
    """Return a notebook's table of the first things of a list."""
    from openft.display import ROWS, table

    rows = [dict(told(thing)) for thing in things[:ROWS] if isinstance(thing, Shown)]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    count = f"{len(things)}{' or more' if more else ''}"
    kept = f"the first {len(rows)} of {count}" if more or len(things) > len(rows) else count
    kinds = ", ".join(dict.fromkeys(type(thing).__name__ for thing in things))
    caption = f"{kinds}: {kept}" if things else "nothing"
    return table(caption, columns, [[row.get(name) for name in columns] for row in rows])


def _in_words(name: str, value: object, *, is_content: bool) -> object:
    from openft.display import Words, moment, size

    if isinstance(value, Shown):
        return Words(repr(value)) if any(told(value)) else None
    if isinstance(value, str) and is_content:
        return Words(f"{len(value)} characters") if value else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if name == "created" or name.endswith(("_at", "_finish")):
        return moment(value) if value else None
    return size(value) if name == "bytes" else value
