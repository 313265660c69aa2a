"""Training data in another format, row by row as it is read, with its file and its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.checks.detect import detect
from openft.data.checks.intake import sound
from openft.data.checks.marks import LAST_SEPARATOR, LAST_STOP, REACH, SEPARATORS, STOPS, mark_of, shared_end
from openft.data.checks.paths import Row
from openft.data.foreign import as_talk, talk_key
from openft.data.layouts import Marks, as_chat, as_pairs, as_preference
from openft.data.reading.source import Source
from openft.data.rows import Kind, excerpt
from openft.data.scores import SCORES, Scored, score_of
from openft.errors import DataError

_USUAL = (SEPARATORS[1], *SEPARATORS[2:], LAST_SEPARATOR)
"""Separators from the guide's own on; the arrow is within many texts."""


def convert(
    source: Source,
    to: Kind,
    *,
    system: str | None = None,
    separator: str | None = None,
    stop: str | None = None,
) -> Source:
    r"""Return the source with its rows in another format; rows that cannot be said in it are refused with their lines.

    ```python
    chat = convert(open_rows("pairs.jsonl"), "chat", system="You tell moods.")
    ```

    - ``prompt_completion`` to ``chat``: a message of the user and one of the assistant. The separator behind all
      prompts, the stop sequence behind all completions, and one space before each go.
    - to ``chat``: also from conversations as ShareGPT writes them, with ``from`` and ``value``.
    - ``chat`` to ``prompt_completion``: laid out as in ``openft.data.layouts``, a row for each answer that is learned.
      Tools, images, names and what comes after the last answer are refused.
    - to ``preference``: from rows with ``prompt``, ``chosen`` and ``rejected``, each a text or a list of messages; or
      from two rows with the same ``prompt``, each with ``completion`` and a ``score``, ``label``, ``rating`` or
      ``rank`` that says which one is better: a higher number (a lower rank), true over false, or one of the words
      better, good, chosen, preferred over worse, bad, rejected.

    Args:
        source: the rows, which are read once more to find the marks, where they are not given.
        to: the format.
        system: to ``chat``, the system message that each row begins with that has none of its own. From ``chat``, the
            one that each row begins with and that is left out.
        separator: what is behind prompts, or is put there; "" for nothing. Recognised, or chosen, when left out.
        stop: likewise of completions.

    Raises:
        DataError: there is no way from the one format to the other; while rows are read: a row cannot be converted.
    """
    kind = detect(source)
    if kind == to:
        return source
    first = _first_row(source)
    names = set(first)
    if to == "chat" and (key := talk_key(first)) is not None:
        _note_further(source, names - {key, "system", "tools"}, to)
        return _converted(
            source, ["messages"], lambda: lambda batch: _each(batch, lambda row: [as_talk(row, key, system)])
        )
    if to == "chat" and kind == "prompt_completion" and not {"chosen", "rejected"} <= names:
        return _converted(source, ["messages"], lambda: _to_chat(source, system, separator, stop))
    if to == "prompt_completion" and kind == "chat":
        return _converted(source, ["prompt", "completion"], lambda: _to_pairs(source, system, separator, stop))
    if to == "preference" and {"chosen", "rejected"} <= names:
        _note_further(source, names - {"prompt", "chosen", "rejected"}, to)
        return _converted(source, None, lambda: lambda batch: _each(batch, _chosen))
    if to == "preference" and names & set(SCORES):
        _note_further(source, names - {"prompt", "completion", score_of(names)}, to)
        return _converted(source, None, Scored)
    raise DataError(
        f"{kind or 'an empty file'} cannot be made {to}; there are ways between prompt_completion and chat, from "
        "ShareGPT's conversations to chat, and from prompts with a chosen and a rejected answer, or with scores, to "
        "preference",
        file=source.file,
    )


Step: TypeAlias = Callable[[Batch], Iterable[tuple[int, Row | DataError]]]
"""Returns the rows that are made of a batch with their lines, and in the place of others why they cannot be made."""


def _converted(source: Source, header: list[str] | None, start: Callable[[], Step]) -> Source:
    def read(told: Source) -> Iterator[Batch]:
        step = start()
        for batch in source:
            told.encoding, told.sheet, told.header = source.encoding, source.sheet, header
            if made := _batch(told, batch, step(batch)):
                yield made
        if isinstance(step, Scored):
            for line, error in step.end():
                told.refuse(error.reason, line)

    return replace(source, read=read)


def _batch(told: Source, batch: Batch, made: Iterable[tuple[int, Row | DataError]]) -> Batch | None:
    lines: list[int] = []
    rows: list[Row] = []
    for line, row in made:
        if isinstance(row, DataError):
            told.refuse(row.reason, line)
        else:
            lines.append(line)
            rows.append(row)
    return Batch(batch.file, lines, rows) if rows else None


def _each(batch: Batch, make: Callable[[Row], Iterable[Row]]) -> Iterator[tuple[int, Row | DataError]]:
    for line, row in zip(batch.lines, batch.rows, strict=True):
        try:
            yield from ((line, made) for made in list(make(row)))
        except DataError as error:
            yield line, error


def _first_row(source: Source) -> Row:
    return next((batch.rows[0] for batch in source if batch.rows), Row())


def _note_further(source: Source, names: set[str], to: Kind) -> None:
    if names:
        shown = ", ".join(map(excerpt, sorted(names)))
        source.note(rules.COLUMNS_LEFT_OUT, f"columns that have no place in a {to} row are left out: {shown}")


def _chosen(row: Row) -> list[Row]:
    return [as_preference(row.get("prompt"), row.get("chosen"), row.get("rejected"))]


def _to_chat(source: Source, system: str | None, separator: str | None, stop: str | None) -> Step:
    marks = Marks(separator or "", stop or "")
    if separator is None or stop is None:
        found = _marks_of(source)
        marks = Marks(*(seen if given is None else given for given, seen in zip((separator, stop), found, strict=True)))
        for name, mark, given in zip(("prompt", "completion"), found, (separator, stop), strict=True):
            if mark and given is None:
                source.note(rules.MARK_TAKEN_OFF, f"{mark!r} is taken off the end of every {name}", column=name)
    return lambda batch: _each(batch, lambda row: [as_chat(row, marks, system)])


def _marks_of(source: Source) -> Marks:
    """Return what all prompts and all completions end with."""
    ends: list[str | None] = [None, None]
    for texts in sound(source):
        for place, column in enumerate((texts.prompt, texts.completion)):
            last = ends[place]
            few = [text[-REACH:] for text in column.distinct]
            ends[place] = shared_end(few if last is None else [last, *few])
    return Marks(mark_of(ends[0] or "", SEPARATORS), mark_of(ends[1] or "", STOPS))


def _to_pairs(source: Source, system: str | None, separator: str | None, stop: str | None) -> Step:
    def made(row: Row) -> Iterator[tuple[str, str]]:
        return as_pairs(row, system)

    if separator is None or stop is None:
        separators, stops = _free(source, made)
        separator = _first("separator", separators, _USUAL) if separator is None else separator
        stop = _first("stop", stops, STOPS) if stop is None else stop
    marks = Marks(separator, stop)

    def pairs(row: Row) -> Iterator[Row]:
        for prompt, completion in made(row):
            yield {"prompt": prompt + marks.separator, "completion": f" {completion}{marks.stop}"}

    return lambda batch: _each(batch, pairs)


def _free(source: Source, made: Callable[[Row], Iterator[tuple[str, str]]]) -> tuple[list[str], list[str]]:
    """Return the separators that are in no text, and the stop sequences that are in no answer."""
    separators: list[str] = list(_USUAL)
    stops: list[str] = [*STOPS, LAST_STOP]
    for batch in source:
        for row in batch.rows:
            try:
                pairs = list(made(row))
            except DataError:
                continue
            separators = [mark for mark in separators if not any(mark in text for pair in pairs for text in pair)]
            stops = [mark for mark in stops if not any(mark in answer for _, answer in pairs)]
    return separators, stops


def _first(name: str, free: list[str], known: Iterable[str]) -> str:
    if not free:
        shown = excerpt(", ".join(map(repr, known)))
        raise DataError(f"every known {name} ({shown}) is within a text; choose one with {name}=")
    return free[0]
