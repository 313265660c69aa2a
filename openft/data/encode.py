"""Rows as lines of a training file, many at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence

from openft.data.batch import Batch
from openft.data.fixes.fix import Fix
from openft.data.rows import Row

_PAIR = ["prompt", "completion"]
_INNER, _OUTER = "\x01", "\x02"
"""Stand between the texts of a row and between rows until all is escaped; never in a text that is escaped here."""
_CONTROLS = bytes(code for code in range(32) if code not in b"\n\r\t") + b"\x7f"
_ESCAPES = ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n"), (b"\r", b"\\r"), (b"\t", b"\\t"))


def encoded(batch: Batch, last: Sequence[Fix] = ()) -> bytes:
    """Return rows as lines with ``prompt`` before ``completion`` and non-ASCII text as it is.

    What is a line of JSON already and is not changed stays as it is.

    Args:
        batch: the rows.
        last: changes of texts that are made before.
    """
    if last or batch.raw is None:
        pairs = batch.pairs()
        if pairs is not None:
            columns = dict(zip(_PAIR, pairs, strict=True))
            for column, change in [fix.change for fix in last if fix.change is not None]:
                columns[column] = change(columns[column])
            return encode_pairs(columns["prompt"], columns["completion"])
    for fix in last:
        batch = next(iter(fix.apply([batch])))
    raw = batch.raw or [b""] * len(batch.rows)
    return b"".join(map(_line, raw, batch.rows))


def encode_pairs(prompts: list[str], completions: list[str]) -> bytes:
    """Return rows of a prompt and a completion each as lines, as ``json.dumps`` writes them."""
    if not prompts:
        return b""
    text = _OUTER.join(map(_INNER.join, zip(prompts, completions, strict=True)))
    data = text.encode()
    if len(data) - len(data.translate(None, _CONTROLS)) != 2 * len(prompts) - 1:
        rows = [dict(zip(_PAIR, pair, strict=True)) for pair in zip(prompts, completions, strict=True)]
        return b"".join(map(_line, [b""] * len(rows), rows))
    for character, escape in _ESCAPES:
        if character in data:
            data = data.replace(character, escape)
    data = data.replace(_INNER.encode(), b'", "completion": "').replace(_OUTER.encode(), b'"}\n{"prompt": "')
    return b'{"prompt": "%b"}\n' % data


def _line(raw: bytes, row: Row) -> bytes:
    ordered = (
        row if list(row)[:2] == _PAIR or not row.keys() >= set(_PAIR) else {name: row[name] for name in _PAIR} | row
    )
    if raw and ordered is row:
        return raw.strip() + b"\n"
    return json.dumps(ordered, ensure_ascii=False, allow_nan=False).encode() + b"\n"
