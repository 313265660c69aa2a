"""Which columns of a file are asked, and which one has the answers that are expected."""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import islice
from typing import NamedTuple

from openft.data import Source, mapped
from openft.data.columns import COMPLETION_NAMES, PROMPT_NAMES, listed
from openft.data.rows import Row, excerpt
from openft.errors import DataError

_LOOKED_AT = 200
"""Rows that are looked at to see whether they name what they are."""


class Chosen(NamedTuple):
    """Rows of ``prompt`` and, where the answers are known, ``completion``; or conversations as they stand."""

    source: Source
    answered: bool
    """Whether the completions are answers, not only there because a mapping has two sides."""
    note: str | None = None


def chosen(source: Source, prompt: str | None, completion: str | None) -> Chosen:
    """Return the source with the columns that are asked and compared with.

    Args:
        source: any rows.
        prompt: a column or a template; found by its name when left out.
        completion: likewise; where none is found, nothing is compared.

    Raises:
        DataError: which column is asked is in doubt.
    """
    if prompt is not None and completion is not None:
        return Chosen(mapped(source, prompt=prompt, completion=completion), True)
    first = next((batch.rows for batch in source if batch.rows), list[Row]())
    if not first or (prompt is None and completion is None and any(map(_is_known, islice(first, _LOOKED_AT)))):
        return Chosen(source, True)
    names = source.header or list(first[0])
    asked = prompt or _prompt(names, completion, first, source)
    answer = completion or _completion(names, asked, first)
    taken = [f"column {excerpt(asked)!r} is taken for the prompt"] if prompt is None else []
    if completion is None:
        taken.append(f"{excerpt(answer)!r} for the expected answer" if answer else "nothing is compared with")
    return Chosen(
        mapped(source, prompt=asked, completion=answer or asked),
        answer is not None,
        f"{', '.join(taken)}; name the columns if that is wrong",
    )


def _is_known(row: Row) -> bool:
    return "prompt" in row or "messages" in row or isinstance(row.get("input"), dict)


def _prompt(names: Sequence[str], completion: str | None, rows: Sequence[Row], source: Source) -> str:
    """Return the column that is asked: the only one that is called so, or the other one of two."""
    if len(names) == 1:
        return names[0]
    if names == ["1", "2"]:
        return "1" if completion == "2" or (completion is None and _varies(rows, "1", "2")) else "2"
    answer = completion or _known(names, COMPLETION_NAMES, "completion")
    others = [name for name in names if name != answer]
    found = _known(others, PROMPT_NAMES, "prompt") or (others[0] if len(names) == 2 and len(others) == 1 else None)
    if found is None:
        reason = f"which column is asked? there are {listed(names)}; name it, or a template such as {{title}}: {{body}}"
        raise DataError(reason, file=source.file)
    return found


def _completion(names: Sequence[str], asked: str, rows: Sequence[Row]) -> str | None:
    """Return the column with the expected answers: the only one that is called so, or the other one of two."""
    if names == ["1", "2"] and asked in names:
        other = "2" if asked == "1" else "1"
        return other if _varies(rows, asked, other) else None
    return _known([name for name in names if name != asked], COMPLETION_NAMES, "completion")


def _known(names: Sequence[str], known: Container[str], exact: str) -> str | None:
    """Return the column that is called exactly so, or else the only one with a known name."""
    plain = {name.strip().casefold(): name for name in names}
    found = [name for call, name in plain.items() if call in known]
    return plain.get(exact) or (found[0] if len(found) == 1 else None)


def _varies(rows: Sequence[Row], more: str, less: str) -> bool:
    """Return whether one column has at least as many different values as another."""
    return len({str(row.get(more)) for row in rows}) >= len({str(row.get(less)) for row in rows})
