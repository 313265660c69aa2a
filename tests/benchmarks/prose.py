"""Training files of made-up text, varied as real text is and the same every time."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from itertools import accumulate, islice
from pathlib import Path

_SYLLABLES = [c + v + e for c in "bcdfghjklmnprstvw" for v in "aeiou" for e in ("", "n", "r", "s", "t", "l")]
_WORDS = 20_000


class Prose:
    """Sentences of words that are as unevenly frequent as those of a language."""

    def __init__(self) -> None:
        self.chance = random.Random(7)
        made = {"".join(self.chance.choices(_SYLLABLES, k=self.chance.choice((1, 1, 2, 2, 3)))) for _ in range(60_000)}
        self._words = sorted(made)
        self.chance.shuffle(self._words)
        del self._words[_WORDS:]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._words))))

    def sentence(self, fewest: int, most: int) -> str:
        """Return a sentence; some have a number, quotation marks, letters beyond ASCII or a comma in it."""
        words = self.chance.choices(self._words, cum_weights=self._weights, k=self.chance.randint(fewest, most))
        words[0] = words[0].capitalize()
        odd, middle = self.chance.random(), len(words) // 2
        if odd < 0.1:
            words[middle] = str(self.chance.randrange(10_000))
        elif odd < 0.15:
            words[middle] = f'"{words[middle]}"'
        elif odd < 0.16:
            words[middle] = "café’s"
        elif odd < 0.26:
            words[middle] += ","
        return " ".join(words) + self.chance.choice(".....?!")


def labelled(prose: Prose) -> Iterator[dict[str, str]]:
    """Yield rows of about 120 bytes, with one of three labels."""
    while True:
        yield {
            "prompt": prose.sentence(6, 16),
            "completion": prose.chance.choice(("positive", "negative", "neutral")),
        }


def answered(prose: Prose) -> Iterator[dict[str, str]]:
    """Yield rows of about 2 kB, with answers of many lines."""
    while True:
        prompt = " ".join(prose.sentence(6, 20) for _ in range(6))
        yield {"prompt": prompt, "completion": "\n".join(prose.sentence(6, 20) for _ in range(15))}


Rows = Callable[[Prose], Iterator[dict[str, str]]]


def write(path: Path, rows: Rows, size: int) -> int:
    """Write rows until they make ``size`` bytes, and return how many there are."""
    written = count = 0
    with path.open("wb") as file:
        for row in rows(Prose()):
            line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
            file.write(line)
            written += len(line)
            count += 1
            if written >= size:
                break
    return count


def write_twice(path: Path, rows: Rows, count: int) -> None:
    """Write ``count`` rows, and all of them once more."""
    with path.open("wb") as file:
        for _ in range(2):
            for row in islice(rows(Prose()), count):
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
