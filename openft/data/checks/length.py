"""Whether examples fit into what a model reads at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import add

from openft.data.checks import rules
from openft.data.checks.texts import Column, Texts
from openft.data.findings import Finding
from openft.data.tokens import CountTokens, Tokens, as_tokens, estimate

LIMIT = 2048
"""Tokens of a prompt with its completion (source: the 2023 guide)."""
ROOM = 32
"""Tokens by which fixes may make an example longer without another look at its length."""


class Length:
    """Finds examples that are too long.

    Args:
        limit: tokens that a prompt and its completion may have together.
        count: counts them, no more than one for each byte of UTF-8 and one more; None for the estimate. Findings say
            whether a number is counted or estimated.
    """

    def __init__(self, limit: int = LIMIT, count: CountTokens | None = None) -> None:
        self.limit: int = limit
        self.most: int = 0
        """Tokens that no example has more of; a bound, which need not be reached."""
        self.found: bool = False
        self.tokens: Tokens = as_tokens(count)
        self._bound = _bytes if self.tokens.exact else estimate

    def feed(self, texts: Texts) -> Iterator[Finding]:
        """Yield a finding for each example that is too long; without a prompt, it is to be cut up, not left out."""
        prompts, completions = texts.prompt.texts, texts.completion.texts
        most = self._at_most(texts)
        if most > self.limit - ROOM:
            long, most = self._measured(prompts, completions)
            for place, tokens in long.items():
                yield self._finding(texts, place, tokens)
        self.most = max(self.most, most)

    def long(self, prompts: Sequence[str], completions: Sequence[str]) -> Iterable[int]:
        """Return the places of examples that are too long."""
        return self._measured(prompts, completions)[0]

    def _finding(self, texts: Texts, place: int, tokens: int) -> Finding:
        prompt, completion = texts.prompt.texts[place], texts.completion.texts[place]
        fixable = bool(prompt.strip())
        self.found = self.found or fixable
        advice = "shorten it, or leave it out" if fixable else "cut it into several"
        long = f"{self.tokens.say(tokens)}, more than {self.limit:,}"
        message = f"{long}, so that its end is not learned; {advice}"
        line, text = texts.lines[place], prompt or completion
        return rules.LONG_EXAMPLE.finding(message, file=texts.file, line=line, text=text, fixable=fixable)

    def _measured(self, prompts: Sequence[str], completions: Sequence[str]) -> tuple[dict[int, int], int]:
        """Return the tokens of what is too long, by its place, and a number that no example has more of.

        Tokenizers are slow, so that only those are counted which have enough bytes to be too long.
        """
        most = list(map(add, map(self._bound, prompts), map(self._bound, completions)))
        near = [place for place, tokens in enumerate(most) if tokens > self.limit - ROOM]
        counts = iter(self.tokens.count_all([text for place in near for text in (prompts[place], completions[place])]))
        for place in near:
            most[place] = next(counts) + next(counts)
        return {place: most[place] for place in near if most[place] > self.limit}, max(most, default=0)

    def _at_most(self, texts: Texts) -> int:
        """Return a number of tokens that no example has more of, by the longest texts."""
        if self.tokens.exact:
            ascii_only = texts.prompt.is_ascii and texts.completion.is_ascii
            return (1 if ascii_only else 4) * (texts.prompt.longest + texts.completion.longest) + 2
        return sum(map(_most_of, (texts.prompt, texts.completion)))


def _most_of(column: Column) -> int:
    """Return a number that no text of a column is estimated to have more tokens of."""
    ascii_only = column.longest // 4 + 1
    return ascii_only if column.is_ascii else max(ascii_only, *map(estimate, column.beyond))


def _bytes(text: str) -> int:
    """Return a number of tokens that no tokenizer makes more of: its bytes, and a mark before them."""
    return len(text if text.isascii() else text.encode("utf-8", "surrogatepass")) + 1
