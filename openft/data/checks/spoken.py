"""Whether conversations fit into what a model reads at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from openft.data.checks import rules
from openft.data.checks.flaw import Flaw
from openft.data.checks.paths import SPOKEN, Row, as_object, conversations, texts_in
from openft.data.checks.plain import Plain
from openft.data.rows import Kind
from openft.data.tokens import A_MESSAGE, A_NAME, A_REPLY, CountTokens, as_tokens

SPOKEN_LIMIT = 65_536
"""Tokens of an example (source: OpenAI, the 4o family); longer ones are cut off at their ends."""


class SpokenLength:
    """Finds conversations that are too long.

    The tokens of a row are those of all its texts, 4 for each message, 1 for each name, and 3 more. Images count for
    nothing.

    Args:
        kind: the format of the rows.
        limit: tokens that a row may have.
        count: counts those of a text; None for the estimate. Findings say which.
    """

    def __init__(self, kind: Kind, limit: int = SPOKEN_LIMIT, count: CountTokens | None = None) -> None:
        self.limit = limit
        self._kind: Kind = kind
        self._counter = as_tokens(count)
        self._count = self._counter.count
        self._most = 4 if self._counter.exact else 1
        """Tokens that a character has at most: tokenizers of bytes make up to four of one."""

    def plain(self, rows: Plain) -> Iterator[tuple[int, Flaw]]:
        """Yield which of plain rows are too long."""
        said = rows.said
        if len(said.joined) * self._most + (len(said.texts) + 1) * A_MESSAGE <= self.limit:
            return
        for number, (start, end) in enumerate(pairwise(rows.starts)):
            texts = said.texts[start:end]
            beside = (end - start) * A_MESSAGE + A_REPLY
            if sum(map(len, texts)) * self._most + beside <= self.limit:
                continue
            tokens = sum(map(self._count, texts)) + beside
            if tokens > self.limit:
                yield number, self._flaw(tokens)

    def tokens(self, row: Row) -> int:
        """Return the tokens of any row."""
        found = [inner for key in SPOKEN[self._kind] for inner in texts_in(row.get(key), key)]
        texts = [text for path, text in found if not path.endswith(UNSPOKEN)]
        messages = [as_object(message) or {} for said in conversations(row, self._kind) for message in said]
        beside = A_REPLY + A_MESSAGE * len(messages) + A_NAME * sum("name" in message for message in messages)
        return sum(map(self._count, texts)) + beside

    def flaws(self, row: Row, characters: int) -> Iterator[Flaw]:
        """Yield whether a row is too long, of which the characters in all texts are known."""
        messages = sum(map(len, conversations(row, self._kind)))
        if characters * self._most + messages * (A_MESSAGE + A_NAME) + A_REPLY <= self.limit:
            return
        if (tokens := self.tokens(row)) > self.limit:
            yield self._flaw(tokens)

    def _flaw(self, tokens: int) -> Flaw:
        message = f"{self._counter.say(tokens)}, more than {self.limit:,}, so that its end is not learned; "
        return Flaw(rules.LONG_EXAMPLE, SPOKEN[self._kind][0], f"{message}shorten it, or leave it out")


UNSPOKEN = (".role", ".type", ".url", ".id", ".tool_call_id", ".detail")
"""Texts that a model is not shown as they are."""
