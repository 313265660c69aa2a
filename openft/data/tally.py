"""How much there is in training data: rows, characters and tokens, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

from openft.data.batch import Batch
from openft.data.checks.paths import Row, as_list, as_object, texts_in
from openft.data.checks.spoken import UNSPOKEN
from openft.data.rows import ALL_OUTPUTS
from openft.data.tokens import A_MESSAGE, A_NAME, A_REPLY, CountTokens, as_tokens

_PLAIN = frozenset({"role", "content", "name", "weight"})
_EXACT = 12
"""Bits of a length that are kept for the median."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What all rows have together."""

    rows: int
    characters: int
    prompt_tokens: int
    """Of prompts, or of what is said to the model."""
    completion_tokens: int
    """Of completions, or of what the model says."""
    trained_tokens: int
    """What is left of all of them where each row is cut at the limit."""
    shortest: int
    """Tokens of the shortest row, 0 without rows."""
    median: int
    """Of a row; exact up to 4,096, of longer ones the first 12 bits."""
    longest: int
    counted_by: str
    exact: bool
    """Whether the tokens are counted; a conversation with tools is never exact."""
    advice: str | None
    """How to get exact counts; None where the text is counted."""

    @property
    def tokens(self) -> int:
        """Of all rows."""
        return self.prompt_tokens + self.completion_tokens

    def __str__(self) -> str:
        about = "" if self.exact else "about "
        how = "counted" if self.exact else f"estimated; {self.advice}" if self.advice else "estimated"
        return (
            f"{self.rows:,} rows, {about}{self.tokens:,} tokens ({self.prompt_tokens:,} of prompts and "
            f"{self.completion_tokens:,} of completions; {self.shortest:,} to {self.longest:,} a row, "
            f"half of them up to {self.median:,}), {how}"
        )


def totals(source: Iterable[Batch], tokens: CountTokens | None = None, *, limit: int | None = None) -> Totals:
    """Return how much there is in training data of any format; rows of no format count as empty.

    Args:
        source: the data.
        tokens: what counts; an estimate when left out.
        limit: tokens at which a row is cut.
    """
    tally = Tally(tokens, limit)
    for batch in source:
        tally.feed(batch)
    return tally.totals()


@dataclass(slots=True)
class _Texts:
    """A row's texts, and the tokens that stand around them."""

    prompts: list[str] = field(default_factory=list[str])
    completions: list[str] = field(default_factory=list[str])
    around: int = 0
    sure: bool = True


class Tally:
    """Takes batches in, and has the totals at any time."""

    def __init__(self, tokens: CountTokens | None = None, limit: int | None = None) -> None:
        self._tokens, self._limit = as_tokens(tokens), limit
        self._rows = self._characters = self._prompt = self._completion = self._trained = 0
        self._shortest, self._longest = 0, 0
        self._lengths: Counter[int] = Counter()
        self._sure = True

    def feed(self, batch: Batch) -> None:
        """Take the next rows in."""
        if not batch.rows:
            return
        prompts, completions = self._pairs(batch) or self._others(batch)
        lengths = [prompt + completion for prompt, completion in zip(prompts, completions, strict=True)]
        self._shortest = min(lengths) if not self._rows else min(self._shortest, *lengths)
        self._rows += len(lengths)
        self._prompt += sum(prompts)
        self._completion += sum(completions)
        self._trained += sum(lengths if self._limit is None else (min(self._limit, length) for length in lengths))
        self._longest = max(self._longest, *lengths)
        self._lengths.update(map(_rounded, lengths))

    def totals(self) -> Totals:
        """Return what there was so far."""
        return Totals(
            rows=self._rows,
            characters=self._characters,
            prompt_tokens=self._prompt,
            completion_tokens=self._completion,
            trained_tokens=self._trained,
            shortest=self._shortest,
            median=self._median(),
            longest=self._longest,
            counted_by=self._tokens.name,
            exact=self._tokens.exact and self._sure,
            advice=self._tokens.advice,
        )

    def _pairs(self, batch: Batch) -> tuple[list[int], list[int]] | None:
        prompts, completions = batch.column("prompt"), batch.column("completion")
        if set(map(type, prompts)) | set(map(type, completions)) != {str}:
            return None
        self._characters += sum(map(len, cast("list[str]", [*prompts, *completions])))
        return self._count(cast("list[str]", prompts)), self._count(cast("list[str]", completions))

    def _others(self, batch: Batch) -> tuple[list[int], list[int]]:
        rows = list(map(_texts, batch.rows))
        self._sure = self._sure and all(row.sure for row in rows)
        for row in rows:
            self._characters += sum(map(len, [*row.prompts, *row.completions]))
        around = [row.around for row in rows]
        prompts = self._sums([row.prompts for row in rows])
        return [sum(pair) for pair in zip(prompts, around, strict=True)], self._sums([row.completions for row in rows])

    def _sums(self, texts: list[list[str]]) -> list[int]:
        counts = iter(self._count([text for group in texts for text in group]))
        return [sum(next(counts) for _ in group) for group in texts]

    def _count(self, texts: Sequence[str]) -> list[int]:
        return self._tokens.count_all(texts)

    def _median(self) -> int:
        left = (self._rows + 1) // 2
        for length in sorted(self._lengths):
            left -= self._lengths[length]
            if left <= 0:
                return length
        return 0


def _rounded(length: int) -> int:
    """Return a length without what bounds the memory of all of them."""
    spare = max(0, length.bit_length() - _EXACT)
    return length >> spare << spare


def _texts(row: Row) -> _Texts:
    found = _Texts()
    found.prompts += [text for text in (row.get("prompt"),) if isinstance(text, str)]
    found.completions += [text for text in (row.get("completion"),) if isinstance(text, str)]
    asked = as_object(row.get("input")) or {}
    _add(found, row.get("messages"), answered=True)
    _add(found, asked.get("messages"), answered=False)
    for key in ALL_OUTPUTS:
        _add(found, row.get(key), answered=True)
    tools = [given[key] for given in (row, asked) for key in ("tools", "functions") if given.get(key)]
    found.prompts += [text for _, text in texts_in(tools, "")]
    found.sure = found.sure and not tools
    return found


def _add(found: _Texts, messages: object, *, answered: bool) -> None:
    """Add messages; those of the assistant are completions where they are ``answered``, and not only shown."""
    said = [message for message in map(as_object, as_list(messages) or ()) if message is not None]
    found.around += A_REPLY * bool(said)
    for message in said:
        found.around += A_MESSAGE + A_NAME * ("name" in message)
        to = found.completions if answered and message.get("role") == "assistant" else found.prompts
        to += [text for path, text in texts_in(message, "") if not path.endswith(UNSPOKEN)]
        found.sure = found.sure and message.keys() <= _PLAIN and isinstance(message.get("content"), str)
