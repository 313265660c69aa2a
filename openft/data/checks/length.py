"""Whether examples fit into what a model reads at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import add

from openft.data.checks import rules
from openft.data.checks.texts import Texts
from openft.data.findings import Finding
from openft.data.tokens import CountTokens as CountTokens
from openft.data.tokens import as_tokens
from openft.data.tokens import estimate as estimate

LIMIT = 2048
"""Tokens of a prompt with its completion (source: the 2023 guide)."""
ROOM = 32
"""Tokens by which fixes may make an example longer without another look at its length."""
_PER_CHARACTER = 4
"""Tokens that tokenizers of bytes make of a character at the most."""


class Length:
    """Finds examples that are too long.

    Args:
        limit: tokens that a prompt and its completion may have together.
        count: counts them; None for the estimate. Findings say whether a number is counted or estimated.
    """

    def __init__(self, limit: int = LIMIT, count: CountTokens | None = None) -> None:
        self.limit = limit
        self.most = 0
        """Tokens that no example has more of; a bound, which need not be reached."""
        self.found = False
        self.tokens = as_tokens(count)
        self._count = self.tokens.count

    def feed(self, texts: Texts) -> Iterator[Finding]:
        """Yield a finding for each example that is too long; without a prompt, it is to be cut up, not left out."""
        prompts, completions = texts.prompt.texts, texts.completion.texts
        most = self._at_most(texts)
        if most <= self.limit - ROOM:
            self.most = max(self.most, most)
            return
        bounds = self._bounds(prompts, completions)
        self.most = max(self.most, *bounds)
        for place, tokens in enumerate(bounds):
            if tokens <= self.limit:
                continue
            advice = "shorten it, or leave it out" if prompts[place].strip() else "cut it into several"
            long = f"{self.tokens.say(tokens)}, more than {self.limit:,}"
            message = f"{long}, so that its end is not learned; {advice}"
            fixable = bool(prompts[place].strip())
            self.found = self.found or fixable
            line, text = texts.lines[place], prompts[place] or completions[place]
            yield rules.LONG_EXAMPLE.finding(message, file=texts.file, line=line, text=text, fixable=fixable)

    def long(self, prompts: Sequence[str], completions: Sequence[str]) -> Iterator[int]:
        """Yield the places of examples that are too long."""
        return (place for place, tokens in enumerate(self._bounds(prompts, completions)) if tokens > self.limit)

    def _bounds(self, prompts: Sequence[str], completions: Sequence[str]) -> list[int]:
        """Return the tokens of examples, or a number that they do not have more of where that is small enough."""
        each = 1 if self._count is estimate else _PER_CHARACTER
        most = (self.limit - ROOM) // each
        lengths = map(add, map(len, prompts), map(len, completions))
        return [
            each * length if length <= most else self._count(prompt) + self._count(completion)
            for length, prompt, completion in zip(lengths, prompts, completions, strict=True)
        ]

    def _at_most(self, texts: Texts) -> int:
        """Return a number of tokens that no example has more of, by the longest texts."""
        characters = max(map(len, texts.prompt.texts)) + max(map(len, texts.completion.texts))
        if self._count is not estimate:
            return _PER_CHARACTER * characters
        ascii_only = texts.prompt.joined.isascii() and texts.completion.joined.isascii()
        return characters // 4 + 2 if ascii_only else characters
