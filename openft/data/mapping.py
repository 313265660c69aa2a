"""Rows with any columns as rows of prompt and completion."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from string import Formatter

from openft.data.batch import Batch
from openft.data.columns import listed
from openft.data.reading.source import Source
from openft.data.rows import SHOWN, Row, excerpt, json_type
from openft.errors import DataError


def mapped(source: Source, *, prompt: str, completion: str) -> Source:
    r"""Return the source with rows of ``prompt`` and ``completion`` only, made from its columns.

    ```python
    pairs = mapped(open_rows("reviews.tsv"), prompt="{title}\n\n{body}", completion="label")
    ```

    Integers and booleans become their JSON text, since labels often are; other columns are left out.

    Args:
        source: rows with any columns.
        prompt: a column's name, or a template with names in braces; ``{{`` and ``}}`` are braces.
        completion: likewise.

    Raises:
        DataError: a template is wrong; while rows are read: a column is not there.
    """
    wanted = {"prompt": prompt, "completion": completion}
    for text in wanted.values():
        _template(text, None)
    return replace(source, read=partial(_map, source, wanted))


def names_in(text: str) -> list[str]:
    """Return the columns that a column's name or a template names.

    Raises:
        DataError: the template is wrong.
    """
    return _template(text, None).names


@dataclass(frozen=True)
class _Template:
    pattern: str
    """For ``%``, with a ``%s`` for each name."""
    names: list[str]


def _template(text: str, header: Sequence[str] | None) -> _Template:
    """Return what a text given for a column means: a column if there is one of that name, else a template."""
    if (header and text in header) or not set(text) & set("{}"):
        return _Template("%s", [text])
    pattern = ""
    names: list[str] = []
    try:
        for literal, name, spec, conversion in Formatter().parse(text):
            pattern += literal.replace("%", "%%")
            if name is not None:
                names.append(name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else ""))
                pattern += "%s"
    except ValueError as error:
        raise DataError(
            f"the template {excerpt(text)!r} is wrong ({error}); put columns in braces, and double other braces"
        ) from error
    if not names or not all(names):
        raise DataError(f"the template {excerpt(text)!r} names no column; write one in braces, such as {{title}}")
    return _Template(pattern, names)


def _map(original: Source, wanted: dict[str, str], told: Source) -> Iterator[Batch]:
    known: Sequence[str] = ()
    for batch in original:
        told.encoding, told.sheet, told.header = original.encoding, original.sheet, list(wanted)
        templates = {role: _template(text, original.header) for role, text in wanted.items()}
        if not known:
            known = original.header or list(dict.fromkeys(chain.from_iterable(batch.rows)))
            _refuse_unknown([name for template in templates.values() for name in template.names], known)
        yield _all_texts(batch, templates) or _one_by_one(told, batch, templates)


def _refuse_unknown(names: Sequence[str], known: Sequence[str]) -> None:
    """Raise DataError if one of the names is of no column, or of JSON of none in the first rows."""
    unknown = [name for name in names if known and name not in known]
    if unknown:
        raise _no_column(unknown[0], known)


def _all_texts(batch: Batch, templates: dict[str, _Template]) -> Batch | None:
    """Return the rows where all that is needed is there as text, None otherwise."""
    made: list[list[str]] = []
    for template in templates.values():
        try:
            columns = [[row[name] for row in batch.rows] for name in template.names]
        except KeyError:
            return None
        if any(set(map(type, column)) != {str} for column in columns):
            return None
        made.append([template.pattern % values for values in zip(*columns, strict=True)])
    rows: list[Row] = [dict(zip(templates, values, strict=True)) for values in zip(*made, strict=True)]
    return Batch(batch.file, batch.lines, rows)


def _one_by_one(told: Source, batch: Batch, templates: dict[str, _Template]) -> Batch:
    lines: list[int] = []
    rows: list[Row] = []
    for line, row in zip(batch.lines, batch.rows, strict=True):
        try:
            made = {role: _fill(template, row) for role, template in templates.items()}
        except DataError as error:
            told.refuse(error.reason, line)
        else:
            lines.append(line)
            rows.append(made)
    return Batch(batch.file, lines, rows)


def _fill(template: _Template, row: Row) -> object:
    values = [_value(name, row) for name in template.names]
    if template.pattern == "%s":
        return values[0]
    for name, value in zip(template.names, values, strict=True):
        if not isinstance(value, str):
            raise DataError(f"column {excerpt(name)!r} is a JSON {json_type(value)}, not text; write a text")
    return template.pattern % tuple(values)


def _value(name: str, row: Row) -> object:
    if name not in row:
        raise _no_column(name, list(row))
    value = row[name]
    return json.dumps(value) if isinstance(value, int) else value


def _no_column(name: str, names: Sequence[str]) -> DataError:
    from difflib import get_close_matches

    like = {known.casefold(): known for known in reversed(names)}
    near = get_close_matches(name.casefold()[:SHOWN], like, n=1)
    meant = f"; {excerpt(like[near[0]])!r} may be meant" if near else ""
    return DataError(f"there is no column {excerpt(name)!r}; the columns are {listed(names)}{meant}")
