"""Rows of any format as a prompt and a completion each, so that they can be compared like pairs.

Of a conversation the prompt is everything before the last answer, and the completion is that answer; of a preference
row it is the input, and both outputs; a row for reinforcement is all prompt.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import pairwise

from openft.data.batch import Batch
from openft.data.checks.intake import sound
from openft.data.checks.paths import Row, as_list, as_object
from openft.data.checks.plain import Plain, plain_of
from openft.data.checks.texts import Texts, texts_of
from openft.data.checks.turns import roles_of
from openft.data.rows import OUTPUTS, Kind, modern

PART = "\x1f"
"""Stands between the parts of a text made of several.

Text of JSON has it escaped; where contents stand as they are, and may hold it, their sizes stand behind them.
"""


def talk(batches: Iterable[Batch], kind: Kind) -> Iterator[Texts]:
    """Yield the rows that can be compared."""
    if kind == "prompt_completion":
        yield from sound(batches)
        return
    start = 0
    for batch in batches:
        texts = talk_of(batch, kind, start)
        start += len(batch.rows)
        if texts is not None:
            yield texts


def talk_of(
    batch: Batch, kind: Kind, start: int, plain: Plain | None = None, odd: list[int] | None = None
) -> Texts | None:
    """Return the rows of a batch that can be compared, None where there are none.

    Args:
        batch: the rows.
        kind: their format.
        start: which row of the data is the first one.
        plain: the plain rows, where they are known.
        odd: the places of the others.
    """
    if odd is None:
        plain, odd = plain_of(batch) if kind == "chat" else (None, list(range(len(batch.rows))))
    told: dict[int, tuple[str, str]] = {}
    if plain is not None:
        told.update(zip(plain.places, _spoken(plain), strict=True))
    for place in odd:
        if (pair := _pair(batch.rows[place], kind)) is not None:
            told[place] = pair
    if not told:
        return None
    places = list(told) if not odd else sorted(told)
    prompts, completions = zip(*(told[place] for place in places), strict=True)
    lines = [batch.lines[place] for place in places]
    sealed = list(map(_sealed, prompts))
    return texts_of(batch.file, lines, [start + place for place in places], sealed, list(completions))


def _sealed(prompt: str) -> str:
    """Return a prompt with a digest behind it, by which those are told apart that begin and end alike."""
    return f"{prompt}{PART}{blake2b(prompt.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"


def _spoken(plain: Plain) -> Iterator[tuple[str, str]]:
    said = plain.said.texts
    for (start, end), roles in zip(pairwise(plain.starts), plain.turns, strict=True):
        last = end - 1 if roles[-1] == "assistant" else end
        asked = said[start:last][::-1]  # what was asked last is shown first
        sizes = " ".join(map(str, map(len, asked)))  # so that texts run together are equal to no others
        yield PART.join((*asked, *roles, sizes)), "".join(said[last:end])


def _pair(row: Row, kind: Kind) -> tuple[str, str] | None:
    if kind == "preference":
        row = modern(row)
        outputs = [row.get(key) for key in OUTPUTS]
        if not isinstance(row.get("input"), dict) or not all(isinstance(output, list) for output in outputs):
            return None
        return as_text({key: row[key] for key in row if key not in OUTPUTS}), PART.join(map(as_text, outputs))
    messages = as_list(row.get("messages"))
    if not messages:
        return None
    if kind == "chat" and (roles_of(messages[-1:]) or ("",))[0] == "assistant":
        answer = as_object(messages[-1]) or {}
        content = answer.get("content")
        plain = answer.keys() <= {"role", "content"} and isinstance(content, str)
        return as_text({**row, "messages": messages[:-1]}), str(content) if plain else as_text(answer)
    return as_text(row), ""


def as_text(value: object) -> str:
    """Return a text that is the same for equal values."""
    return _JSON.encode(value)


_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str)
