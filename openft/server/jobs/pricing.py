"""What a job costs, on servers that have prices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic_core import from_json

from openft.data.tokens import counter


def cost(price: float, training_file: Path, epochs: int) -> float:
    """Return dollars: the price per 1,000 tokens, for all tokens of the file in every epoch."""
    return price * count_tokens(training_file) * epochs / 1000 if price else 0.0


def count_tokens(training_file: Path) -> int:
    """Return how many tokens the prompts and completions have, by the embedded bases' tokenizer."""
    tokens = counter("ada")
    return sum(sum(tokens.count_all(batch)) for batch in _batched(_texts(training_file)))


def _texts(training_file: Path) -> Iterator[str]:
    with training_file.open("rb") as lines:
        for line in lines:
            if line.strip():
                row = from_json(line.removeprefix(b"\xef\xbb\xbf"))
                yield row["prompt"] + row["completion"]


def _batched(texts: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == 256:
            yield batch
            batch = []
    yield batch
