"""Rows that are there twice, or nearly, and prompts that were answered in two ways.

Hashes of all prompts are kept, 12 bytes a row with their places, and of completions too where many prompts are there
twice. Rows with an equal hash are compared character by character when the data is read once more, so that none is
called a duplicate by chance.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, field
from functools import partial
from heapq import merge
from itertools import repeat

from openft.data.checks import rules
from openft.data.checks.keys import key_of, keys_of, plain, signs
from openft.data.checks.texts import Column, Texts
from openft.data.findings import Finding
from openft.data.rows import excerpt

_PART = 400_000
"""Hashes that are compared at a time, which bounds the memory."""
_KEPT, _KEPT_PER_ROW = 12 << 20, 8
"""Bytes of rows that are kept to be compared in one reading, and further ones for each row that there is."""
_AN_ENTRY = 300
"""Bytes that a row takes beside its characters."""
_LABEL = 32
"""Characters of a completion up to which case, white space and punctuation matter."""
_MANY = 5_000
"""Suspects from which it is worth while to take in whole texts and completions; few are compared as they are."""


@dataclass(slots=True)
class Suspects:
    """Rows to look after in one reading, by their number among all that were taken in."""

    pairs: array[int] = field(default_factory=lambda: array("I"))
    prompts: array[int] = field(default_factory=lambda: array("I"))
    whole: bool = False
    """Only take all rows in once more, by whole texts."""


DUPLICATE = "the same prompt and completion as in line {line}; leave it out"
CONFLICT = "labelled {this!r}, but {other!r} in line {line}; decide on one"
NEAR = "the same as line {line} but for case, white space or punctuation; leave it out unless that matters"


class Repeats:
    """Keeps the hashes of rows; prompts that are empty go by their completions.

    Args:
        duplicate: the message of a duplicate, with the line of the first one.
        conflict: the message of a conflict, with both answers and the line of the first one.
        near: the message of a near-duplicate, with the line of the first one; None to tell of none.
    """

    def __init__(self, duplicate: str = DUPLICATE, conflict: str = CONFLICT, near: str | None = None) -> None:
        self._duplicate_says, self._conflict_says, self._near_says = duplicate, conflict, near
        self.places: array[int] = array("I")
        """Which rows are duplicates, counted from 0, set by ``finish``."""
        self._parts: list[array[int]] = []
        self._whole = False
        self._late = Suspects()
        self._start()

    def _start(self) -> None:
        self._pairs, self._prompts, self._places = array("q"), array("q"), array("I")

    def feed(self, texts: Texts) -> None:
        """Take the next rows in; as long as prompts differ, nothing needs to be known of completions."""
        prompts: Sequence[object] = keys_of(texts.prompt, whole=self._whole)
        if self._whole or b"" in prompts:
            completions = _answers(texts.completion, whole=self._whole)
            prompts = [prompt or completion for prompt, completion in zip(prompts, completions, strict=True)]
            if self._whole:
                self._pairs.extend(map(hash, zip(prompts, completions, strict=True)))
        self._prompts.extend(map(hash, prompts))
        self._places.extend(texts.places)

    def suspects(self, *, conflicts: bool) -> Iterator[Suspects]:
        """Yield what to look after, one reading after the other; ``look`` is called with each."""
        rows = self._again()
        if not self._whole and len(rows) > _MANY:
            yield Suspects(whole=True)
            rows = self._again()
        for some in self._wanted(rows, conflicts=conflicts):
            left = some
            while left.pairs or left.prompts:
                yield left
                left = self._late

    def _again(self) -> array[int]:
        """Return the rows with prompts that are there twice."""
        return _merged(map(self._twice, *_parts(self._prompts)))

    def _twice(self, part: int, parts: int) -> array[int]:
        some = self._prompts
        if parts > 1:
            some = array("q", (prompt for prompt in some if prompt % parts == part))
        if len(set(some)) == len(some):
            return array("I")
        again = _repeated(some)
        return array("I", (row for row, prompt in enumerate(self._prompts) if prompt in again))

    def _wanted(self, rows: array[int], *, conflicts: bool) -> Iterator[Suspects]:
        """Yield which of these rows to look after: few all at once, many by what is known of their completions."""
        if not self._whole:
            yield Suspects(pairs=rows, prompts=rows if conflicts else array("I"))
            return
        if conflicts:
            yield Suspects(prompts=_merged(map(partial(self._unlike, rows), *_parts(rows))))
        yield Suspects(pairs=_merged(map(partial(self._alike, rows), *_parts(rows))))

    def _unlike(self, rows: array[int], part: int, parts: int) -> array[int]:
        """Return the rows whose prompts have other completions as well."""
        some = array("I", (row for row in rows if self._prompts[row] % parts == part))
        said: dict[int, int] = {}
        unlike = {
            self._prompts[row]
            for row in some
            if said.setdefault(self._prompts[row], self._pairs[row]) != self._pairs[row]
        }
        return array("I", (row for row in some if self._prompts[row] in unlike))

    def _alike(self, rows: array[int], part: int, parts: int) -> array[int]:
        """Return the rows whose prompts and completions are there twice."""
        again = _repeated(pair for row in rows if (pair := self._pairs[row]) % parts == part)
        return array("I", (row for row in rows if self._pairs[row] in again))

    def look(self, data: Iterable[Texts], suspects: Suspects) -> Iterator[Finding]:
        """Yield duplicates and conflicts among the suspects, compared character by character."""
        if suspects.whole:
            self._whole = True
            self._start()
            for texts in data:
                self.feed(texts)
            return
        self._late = Suspects()
        self._parts.append(array("I"))
        most = _KEPT + _KEPT_PER_ROW * len(self._prompts)
        pairs, prompts = _Pairs(most), _Prompts(most)
        next_pair = next_prompt = 0
        for texts in data:
            rows, next_pair = self._rows(texts, suspects.pairs, next_pair)
            for number, row in rows:
                yield from self._pair(pairs, texts, number, row)
            rows, next_prompt = self._rows(texts, suspects.prompts, next_prompt)
            for number, row in rows:
                yield from self._prompt(prompts, texts, number, row)

    def _rows(self, texts: Texts, wanted: array[int], start: int) -> tuple[list[tuple[int, int]], int]:
        """Return the suspects among some rows, by their number and their row, and where the others begin."""
        stop = bisect_left(wanted, texts.places[-1] + 1, start, key=self._places.__getitem__)
        return [(number, bisect_left(texts.places, self._places[number])) for number in wanted[start:stop]], stop

    def _pair(self, known: _Pairs, texts: Texts, number: int, row: int) -> Iterator[Finding]:
        prompt, completion, line = texts.prompt.texts[row], texts.completion.texts[row], texts.lines[row]
        same = f"{len(prompt)} {prompt}{completion}"
        first = known.lines.get(same)
        if first is not None:
            self._parts[-1].append(texts.places[row])
            rule, message = rules.DUPLICATE_ROW, self._duplicate_says.format(line=first)
            yield rule.finding(message, file=texts.file, line=line, text=prompt or completion)
        elif not known.room(same):
            self._late.pairs.append(number)
        else:
            known.lines[same] = line
            like = known.first.setdefault(self._pairs[number] if self._whole else _pair_of(prompt, completion), same)
            if self._near_says is not None and like is not same and _alike(like, same):
                message = self._near_says.format(line=known.lines[like])
                yield rules.NEAR_DUPLICATE.finding(message, file=texts.file, line=line, text=prompt or completion)

    def _prompt(self, known: _Prompts, texts: Texts, number: int, row: int) -> Iterator[Finding]:
        prompt, completion, line = texts.prompt.texts[row], texts.completion.texts[row], texts.lines[row]
        first = known.answers.get(prompt)
        if first is None and known.room(prompt + completion):
            known.answers[prompt] = completion, line
        elif first is None:
            self._late.prompts.append(number)
        elif first[0] != completion:
            message = self._conflict_says.format(this=excerpt(completion), other=excerpt(first[0]), line=first[1])
            yield rules.CONFLICTING_LABELS.finding(message, file=texts.file, line=line, text=prompt)

    def finish(self) -> None:
        """Put the places of all readings into their order, and let the hashes go."""
        self.places = _merged(self._parts)
        self._parts = []
        self._start()


def _answers(column: Column, *, whole: bool) -> Sequence[object]:
    """Return a key for each completion; short ones, as labels are, are different if anything in them is."""
    if column.longest < _LABEL:
        return column.texts
    keys = keys_of(column, whole=whole)
    return [text if len(text) < _LABEL else key for text, key in zip(column.texts, keys, strict=True)]


def _pair_of(prompt: str, completion: str) -> int:
    """Return the hash of one row, as ``feed`` makes those of many."""
    return hash((key_of(prompt), completion if len(completion) < _LABEL else key_of(completion)))


def _parts(hashes: Sized) -> tuple[Iterable[int], Iterable[int]]:
    """Return the numbers of the parts that hashes are compared in, and as often how many there are."""
    parts = 1 + len(hashes) // _PART
    return range(parts), repeat(parts)


def _merged(rows: Iterable[array[int]]) -> array[int]:
    """Return rows in their order, whatever part they are of: hashes are others in every process."""
    return array("I", merge(*rows))


def _repeated(hashes: Iterable[int]) -> set[int]:
    return {one for one, count in Counter(hashes).items() if count > 1}


class _Kept:
    """Texts that are kept to be compared, within bounds."""

    def __init__(self, most: int) -> None:
        self._left = most

    def room(self, text: str) -> bool:
        """Return whether there is room for one more."""
        if self._left > 0:
            self._left -= len(text) * (1 if text.isascii() else 2) + _AN_ENTRY
            return True
        return False


class _Pairs(_Kept):
    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.lines: dict[str, int] = {}
        """Rows, as their prompt's length, prompt and completion, and their lines."""
        self.first: dict[int, str] = {}
        """The first row of each hash."""


class _Prompts(_Kept):
    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.answers: dict[str, tuple[str, int]] = {}


def _alike(first: str, second: str) -> bool:
    """Return whether two rows differ in case, white space and punctuation only; their prompts' lengths may differ."""
    one, other = first.partition(" ")[2], second.partition(" ")[2]
    return plain(one) == plain(other) and signs(one) == signs(other)
