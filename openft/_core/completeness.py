"""Whether the pieces of a streamed answer are all of it, for hosts that end a stream without saying so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from openft._core.answer import as_mapping
from openft._core.options import RequestOptions

if TYPE_CHECKING:
    from openft.types import ChatCompletionChunk, Completion


class Completeness:
    """Counts which choices have come to their end, and whether the usage that was asked for is there."""

    def __init__(self, body: Mapping[str, Any], options: RequestOptions) -> None:
        asked = {**body, **(options.get("extra_body") or {})}
        self._choices = _number(asked.get("n")) * _prompts(asked.get("prompt"))
        self._usage_missing = bool(as_mapping(asked.get("stream_options")).get("include_usage"))
        self._finished: set[int] = set()

    def saw(self, piece: Completion | ChatCompletionChunk) -> None:
        """Take in a piece."""
        for choice in piece.choices:
            if choice.finish_reason is not None:
                self._finished.add(choice.index)
        if self._usage_missing and piece.usage is not None:
            self._usage_missing = False

    @property
    def reached(self) -> bool:
        """Whether nothing is missing."""
        return len(self._finished) >= self._choices and not self._usage_missing


def _number(n: object) -> int:
    return n if isinstance(n, int) and n > 0 else 1


def _prompts(prompt: object) -> int:
    """Return how many prompts there are: a list of numbers is one, a list of texts or of lists several."""
    if isinstance(prompt, str) or not isinstance(prompt, Sequence) or not prompt:
        return 1
    several = cast("Sequence[object]", prompt)
    return 1 if isinstance(several[0], int) else len(several)
