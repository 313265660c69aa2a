"""Whether examples fit into what a model reads at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from openft.data.checks import rules
from openft.data.checks.texts import Texts
from openft.data.findings import Finding
from openft.data.tokens import CountTokens as CountTokens
from openft.data.tokens import as_tokens
from openft.data.tokens import estimate as estimate

LIMIT = 2048
"""Tokens of a prompt with its completion (source: the 2023 guide)."""


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
        self.most = max(self.most, most)
        if most <= self.limit:
            return
        for place in self.long(prompts, completions):
            tokens = self._count(prompts[place]) + self._count(completions[place])
            advice = "shorten it, or leave it out" if prompts[place].strip() else "cut it into several"
            long = f"{self.tokens.say(tokens)}, more than {self.limit:,}"
            message = f"{long}, so that its end is not learned; {advice}"
            fixable = bool(prompts[place].strip())
            self.found = self.found or fixable
            line, text = texts.lines[place], prompts[place] or completions[place]
            yield rules.LONG_EXAMPLE.finding(message, file=texts.file, line=line, text=text, fixable=fixable)

    def long(self, prompts: Sequence[str], completions: Sequence[str]) -> Iterator[int]:
        """Yield the places of examples that are too long."""
        for place, (prompt, completion) in enumerate(zip(prompts, completions, strict=True)):
            if self._count(prompt) + self._count(completion) > self.limit:
                yield place

    def _at_most(self, texts: Texts) -> int:
        """Return a number of tokens that no example has more of, by the longest texts."""
        characters = max(map(len, texts.prompt.texts)) + max(map(len, texts.completion.texts))
        if self._count is not estimate:
            return 4 * characters  # tokenizers of bytes make up to four of a character
        ascii_only = texts.prompt.joined.isascii() and texts.completion.joined.isascii()
        return characters // 4 + 2 if ascii_only else characters
