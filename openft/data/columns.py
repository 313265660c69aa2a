"""Which column is the prompt and which the completion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from openft.data.rows import excerpt
from openft.errors import DataError

PROMPT_NAMES = frozenset({
    "prompt", "text", "message", "document", "review", "sentence", "input", "question", "content", "body", "comment",
    "query", "utterance", "tweet", "source", "instruction", "email", "sms", "title", "문장", "질문", "리뷰", "내용",
})  # fmt: skip
"""Header cells that name what the model is shown."""

COMPLETION_NAMES = frozenset({
    "completion", "label", "output", "answer", "class", "category", "target", "response", "sentiment", "intent",
    "queue", "topic", "tag", "reply", "result", "summary", "답변", "라벨", "분류",
})  # fmt: skip
"""Header cells that name what it should answer."""

HOW = "name them with prompt_column and completion_column (a name, or a number counted from 1)"
"""The remedy in this file's errors; the command line's options have the same names."""


def is_header(rows: Sequence[Sequence[str]], *wanted: str | None) -> bool:
    """Return whether the first row names columns: it has a known name in it, or one that the user gave.

    A known name that comes again below in its column may be one of the classes there, and says nothing; unless it does
    so in a copy of a row that has several, as where tables were put one behind the other.

    Args:
        rows: some rows of the table from its first one on.
        wanted: the names that the user gave.
    """
    first = [_plain(cell) for cell in rows[0]]
    if not {_plain(name) for name in wanted if name is not None}.isdisjoint(first):
        return True
    known = [place for place, cell in enumerate(first) if cell in PROMPT_NAMES | COMPLETION_NAMES]
    below = [row for row in rows[1:] if len(known) < 2 or row != rows[0]]
    return any(all(_plain(row[place]) != first[place] for row in below if place < len(row)) for place in known)


def by_name(header: Sequence[str], prompt: str | None, completion: str | None) -> tuple[int, int]:
    """Return the indices of the prompt and the completion under a header.

    Args:
        header: the columns' names.
        prompt: the user's choice, None to go by known names.
        completion: likewise.

    Raises:
        DataError: a chosen column is not there, or the names leave a doubt.
    """
    names = [_plain(name) for name in header]
    first = _chosen(prompt, names) if prompt is not None else _known(names, "prompt", PROMPT_NAMES)
    second = _chosen(completion, names) if completion is not None else _known(names, "completion", COMPLETION_NAMES)
    return _both(first, second, header)


def by_place(numbers: Sequence[str], prompt: str | None, completion: str | None) -> tuple[int, int] | None:
    """Return the indices of the chosen columns in a table without a header, None when nothing was chosen of two."""
    if prompt is None and completion is None and len(numbers) == 2:
        return None
    names = list(numbers)
    first = _chosen(prompt, names) if prompt is not None else None
    second = _chosen(completion, names) if completion is not None else None
    return _both(first, second, names)


def fewer_last(first: Iterable[object], second: Iterable[object]) -> tuple[int, int]:
    """Return the places of two columns, the one with fewer different values last, as labels have."""
    return (1, 0) if len(set(first)) < len(set(second)) else (0, 1)


def _plain(name: str) -> str:
    return name.strip().casefold()


def _chosen(wanted: str, names: list[str]) -> int:
    """Return the index of a column given by its name or its number; a name that is a number goes first."""
    if _plain(wanted) in names:
        return names.index(_plain(wanted))
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise DataError(f"there is no column {excerpt(wanted)!r}; the columns are {listed(names)}; {HOW}")


def _known(names: list[str], role: str, known: frozenset[str]) -> int | None:
    """Return the one column with a known name; a column called exactly after its role goes before others."""
    if role in names:
        return names.index(role)
    found = [index for index, name in enumerate(names) if name in known]
    return found[0] if len(found) == 1 else None


def _both(first: int | None, second: int | None, names: Sequence[str]) -> tuple[int, int]:
    """Return both indices, the missing one of two columns being the other one."""
    if len(names) < 2:
        raise DataError("only one column; separate prompt and completion with a comma (.csv) or a tab (.tsv)")
    if len(names) == 2 and first is None and second is not None:
        first = 1 - second
    elif len(names) == 2 and second is None and first is not None:
        second = 1 - first
    if first is None or second is None:
        raise DataError(f"which columns are the prompt and the completion? there are {listed(names)}; {HOW}")
    if first == second:
        raise DataError(f"column {excerpt(names[first])!r} cannot be both prompt and completion; {HOW}")
    return first, second


def listed(names: Sequence[str]) -> str:
    """Return the columns' names for an error message, not all of them where there are many."""
    shown = ", ".join(excerpt(name) for name in names[:12]) or "none"
    return f"{shown}, … ({len(names)} in all)" if len(names) > 12 else shown
