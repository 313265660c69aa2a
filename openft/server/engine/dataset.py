"""Training files to batches: read, encode, skip what is too long, group by length."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from openft.server.engine.text import Codec

IGNORE = -100  # cross_entropy's mark for a place without a target
POOL = 50  # batches whose rows are sorted by length together


class UnusableFile(ValueError):  # noqa: N818 - read as a statement
    """A training or validation file cannot be used."""


@dataclass(frozen=True)
class Example:
    """One row, encoded."""

    line: int
    """Where it stands in the file, counted from 1."""
    prompt: list[int]
    completion: list[int]
    """Ends with the end-of-text token."""
    label: str
    """The completion as it stands in the file."""

    def __len__(self) -> int:
        return len(self.prompt) + len(self.completion)


@dataclass(frozen=True)
class Batch:
    """Rows side by side, padded on the right."""

    inputs: Tensor
    """Tokens to read (B, T)."""
    targets: Tensor
    """The next token of each (B, T), IGNORE in the padding."""
    completion: Tensor
    """True where the target belongs to the completion, its end-of-text token included (B, T)."""
    tokens: int
    """Real tokens, prompt and completion."""


def read_examples(path: Path, codec: Codec) -> list[Example]:
    """Return the rows of a prompt/completion file.

    Raises:
        UnusableFile: A line is not such a row, or there is none.
    """
    rows: list[tuple[int, str, str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if line.strip():
            rows.append((number, *_parse(line, number)))
    if not rows:
        raise UnusableFile("the file has no examples; add one JSON object with prompt and completion a line")
    prompts = codec.encode_all([prompt for _, prompt, _ in rows])
    completions = codec.encode_all([completion for _, _, completion in rows])
    return [
        # where there is no prompt, the completion's first token follows the end of another text
        Example(number, prompt or [codec.end], _ended(completion, codec.end), label)
        for (number, _, label), prompt, completion in zip(rows, prompts, completions, strict=True)
    ]


def fitting(examples: list[Example], context: int) -> tuple[list[Example], list[Example]]:
    """Return the examples that fit into the context, and those that do not."""
    fits = [example for example in examples if len(example) <= context]
    return fits, [example for example in examples if len(example) > context]


def epoch_batches(examples: list[Example], batch_size: int, seed: str) -> list[list[Example]]:
    """Return an epoch's batches: rows of like length together, in an order that the seed decides.

    Sorting only within a pool of batches keeps each batch a near-random draw while padding stays small.
    """
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    order = chance.sample(examples, len(examples))
    batches: list[list[Example]] = []
    for start in range(0, len(order), POOL * batch_size):
        pool = sorted(order[start : start + POOL * batch_size], key=len)
        batches += [pool[place : place + batch_size] for place in range(0, len(pool), batch_size)]
    chance.shuffle(batches)
    return batches


def by_length(examples: list[Example], tokens: int) -> Iterator[list[Example]]:
    """Yield all examples in batches of at most so many tokens, padding included; for measuring."""
    batch: list[Example] = []
    for example in sorted(examples, key=len):
        if batch and (len(batch) + 1) * len(example) > tokens:
            yield batch
            batch = []
        batch.append(example)
    if batch:
        yield batch


def collate(examples: list[Example]) -> Batch:
    """Return examples as one batch."""
    width = max(len(example) for example in examples) - 1
    inputs = torch.zeros(len(examples), width, dtype=torch.long)
    targets = torch.full((len(examples), width), IGNORE)
    completion = torch.zeros(len(examples), width, dtype=torch.bool)
    for row, example in enumerate(examples):
        tokens = torch.tensor(example.prompt + example.completion)
        inputs[row, : len(tokens) - 1] = tokens[:-1]
        targets[row, : len(tokens) - 1] = tokens[1:]
        completion[row, len(example.prompt) - 1 : len(tokens) - 1] = True
    return Batch(inputs, targets, completion, sum(len(example) for example in examples))


def _parse(line: str, number: int) -> tuple[str, str]:
    try:
        row = json.loads(line)
        prompt, completion = row["prompt"], row["completion"]
    except (ValueError, TypeError, KeyError) as error:
        raise UnusableFile(f"line {number} is no JSON object with prompt and completion; fix or remove it") from error
    if not isinstance(prompt, str) or not isinstance(completion, str) or not completion:
        raise UnusableFile(
            f"line {number} needs a text as prompt and a text, not empty, as completion; fix or remove it"
        )
    try:
        (prompt + completion).encode()
    except UnicodeEncodeError as error:
        message = f"line {number} has half of a surrogate pair, which is no character; fix or remove it"
        raise UnusableFile(message) from error
    return prompt, completion


def _ended(tokens: list[int], end: int) -> list[int]:
    return tokens if tokens and tokens[-1] == end else [*tokens, end]
