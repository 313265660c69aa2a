"""Rows that are there twice, and prompts that were answered in two ways.

Hashes of all rows are kept, 16 bytes a row. What has an equal hash is compared by content when the data is read once
more, so that no row is called a duplicate by chance.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import merge

from openft.data.checks import rules
from openft.data.checks.texts import Texts
from openft.data.findings import Finding
from openft.data.rows import excerpt

_BUCKETS = 64
_MOST = 40_000
"""Suspect hashes that one reading of the data looks after, which bounds the memory."""
_SHORT = 48
"""Characters of a row that is kept as it is, to be compared."""


@dataclass(slots=True)
class Suspects:
    """Hashes to look after in one reading."""

    pairs: set[int] = field(default_factory=set[int])
    prompts: set[int] = field(default_factory=set[int])


DUPLICATE = "the same prompt and completion as in line {line}; leave it out"
CONFLICT = "labelled {this!r}, but {other!r} in line {line}; decide on one"


class Repeats:
    """Keeps the hashes of rows; prompts that are empty go by their completions.

    Args:
        duplicate: the message of a duplicate, with the line of the first one.
        conflict: the message of a conflict, with both answers and the line of the first one.
    """

    def __init__(self, duplicate: str = DUPLICATE, conflict: str = CONFLICT) -> None:
        self._duplicate_says, self._conflict_says = duplicate, conflict
        self.places: array[int] = array("q")
        """Which rows are duplicates, counted from 0, set by ``finish``."""
        self._parts: list[array[int]] = []
        self._prompts: list[array[int]] = [array("q") for _ in range(_BUCKETS)]
        self._completions: list[array[int]] = [array("q") for _ in range(_BUCKETS)]

    def feed(self, texts: Texts) -> None:
        """Take the next rows in."""
        prompts = [add.append for add in self._prompts]
        completions = [add.append for add in self._completions]
        for prompt, completion in _hashes(texts):
            bucket = prompt % _BUCKETS
            prompts[bucket](prompt)
            completions[bucket](completion)

    def suspects(self, *, conflicts: bool) -> Iterator[Suspects]:
        """Yield what to look after, one reading after the other."""
        suspects = Suspects()
        for prompts, completions in zip(self._prompts, self._completions, strict=True):
            if len(set(prompts)) == len(prompts):
                continue
            pairs = Counter(zip(prompts, completions, strict=True))
            suspects.pairs.update(hash(pair) for pair, count in pairs.items() if count > 1)
            if conflicts:
                answers = Counter(prompt for prompt, _ in pairs)
                suspects.prompts.update(prompt for prompt, count in answers.items() if count > 1)
            if len(suspects.pairs) + len(suspects.prompts) > _MOST:
                yield suspects
                suspects = Suspects()
        if suspects.pairs or suspects.prompts:
            yield suspects

    def look(self, data: Iterable[Texts], suspects: Suspects) -> Iterator[Finding]:
        """Yield duplicates and conflicts among the suspects, compared by content."""
        self._parts.append(array("q"))
        lines: dict[object, int] = {}
        answers: dict[object, tuple[object, str, int]] = {}
        for texts in data:
            hashes = list(_hashes(texts))
            for row in [row for row, pair in enumerate(hashes) if hash(pair) in suspects.pairs]:
                yield from self._duplicate(texts, row, lines)
            for row in [row for row, (prompt, _) in enumerate(hashes) if prompt in suspects.prompts]:
                yield from _conflict(texts, row, answers, self._conflict_says)

    def finish(self) -> None:
        """Put the places of all readings into their order, and let the hashes go."""
        self.places = array("q", merge(*self._parts))
        self._prompts, self._completions, self._parts = [], [], []

    def _duplicate(self, texts: Texts, row: int, lines: dict[object, int]) -> Iterator[Finding]:
        prompt, completion = texts.prompt.texts[row], texts.completion.texts[row]
        line = texts.lines[row]
        first = lines.get(same := content(prompt, completion))
        if first is None:
            lines[same] = line
            return
        self._parts[-1].append(texts.places[row])
        message = self._duplicate_says.format(line=first)
        yield rules.DUPLICATE_ROW.finding(message, file=texts.file, line=line, text=prompt or completion)


def _conflict(texts: Texts, row: int, answers: dict[object, tuple[object, str, int]], says: str) -> Iterator[Finding]:
    prompt, completion = texts.prompt.texts[row], texts.completion.texts[row]
    answer = content("", completion)
    first, said, line = answers.setdefault(content(prompt, ""), (answer, excerpt(completion), texts.lines[row]))
    if first != answer:
        message = says.format(this=excerpt(completion), other=said, line=line)
        yield rules.CONFLICTING_LABELS.finding(message, file=texts.file, line=texts.lines[row], text=prompt)


def _hashes(texts: Texts) -> Iterator[tuple[int, int]]:
    completions = texts.completion.texts
    prompts = texts.prompt.texts
    if "" in texts.prompt.distinct:
        prompts = [prompt or completion for prompt, completion in zip(prompts, completions, strict=True)]
    return zip(map(hash, prompts), map(hash, completions), strict=True)


def content(prompt: str, completion: str) -> object:
    """Return what is equal for equal rows only: short ones as they are, of others 256 bits of BLAKE2."""
    if len(prompt) + len(completion) <= _SHORT:
        return prompt, completion
    first = prompt.encode("utf-8", "surrogatepass")
    rest = completion.encode("utf-8", "surrogatepass")
    return blake2b(b"%d:%b%b" % (len(first), first, rest), digest_size=32).digest()
