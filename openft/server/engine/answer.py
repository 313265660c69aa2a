"""One answer while it grows: tokens to text that may be shown, cut before a stop sequence."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Literal

from openft.server.engine.text import Codec
from openft.server.generation import Choice, TokenLogprobs


@dataclass(frozen=True)
class Score:
    """A token and what the model thought of it."""

    token: int
    logprob: float | None
    """None for the first token of a prompt, which nothing precedes."""
    top: dict[int, float] | None
    """The most likely tokens at its place."""


@dataclass(frozen=True)
class _Piece:
    score: Score
    start: int
    end: int
    """Where its text begins and ends, in characters of the answer; bytes of an open character count for the token that
    completes it."""


class Answer:
    """A growing answer to one prompt."""

    def __init__(self, codec: Codec, index: int, stop: list[str], offset: int, scored: bool) -> None:
        """Begin an answer.

        Args:
            codec: The model's tokenizer.
            index: The choice's number.
            stop: Sequences before which the answer ends.
            offset: Where the answer's text begins, in characters from the start of the prompt.
            scored: Whether log-probabilities are asked for.
        """
        self.index = index
        self._codec, self._stop, self._offset, self._scored = codec, stop, offset, scored
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._text = ""
        self._pieces: list[_Piece] = []
        self._shown_text = self._shown_pieces = 0
        self._searchable_from = 0
        self._closed = False
        self.tokens: int = 0
        """Tokens generated, the end-of-text token not among them."""
        self.finish_reason: Literal["stop", "length"] | None = None

    def echo(self, scores: list[Score]) -> None:
        """Let the answer begin with its prompt, in which stop sequences mean nothing."""
        for score in scores:
            self._append(score)
        self._text += self._decoder.decode(b"", final=True)
        self._decoder.reset()
        self._searchable_from = len(self._text)

    def add(self, score: Score) -> None:
        """Take the next token; ``finish_reason`` is set if the answer ends with it."""
        if score.token == self._codec.end:
            self._finish("stop")
            return
        self.tokens += 1
        length = len(self._text)
        self._append(score)
        found = self._find_stop(length)
        if found is not None:
            self._text = self._text[:found]
            self._pieces = [piece for piece in self._pieces if piece.start < found]
            self.finish_reason = "stop"

    def run_out(self) -> None:
        """End the answer because it is as long as it may be."""
        if self.finish_reason is None:
            self._finish("length")

    @property
    def has_news(self) -> bool:
        """Whether ``take`` has something that was not shown yet."""
        return not self._closed and (self.finish_reason is not None or self._safe_length() > self._shown_text)

    def take(self) -> Choice:
        """Return what may be shown and was not yet."""
        until = len(self._text) if self.finish_reason else self._safe_length()
        text = self._text[self._shown_text : until]
        pieces = self._pieces[self._shown_pieces :]
        if not self.finish_reason:
            pieces = [piece for piece in pieces if piece.end <= until]
        self._shown_text, self._shown_pieces = until, self._shown_pieces + len(pieces)
        self._closed = self.finish_reason is not None
        logprobs = self._logprobs(pieces) if self._scored else None
        return Choice(text=text, index=self.index, logprobs=logprobs, finish_reason=self.finish_reason)

    def _append(self, score: Score) -> None:
        start = len(self._text)
        self._text += self._decoder.decode(self._codec.raw(score.token))
        self._pieces.append(_Piece(score, start, len(self._text)))

    def _finish(self, reason: Literal["stop", "length"]) -> None:
        self._text += self._decoder.decode(b"", final=True)
        self.finish_reason = reason

    def _find_stop(self, length: int) -> int | None:
        """Return where the first stop sequence begins that ends beyond ``length``."""
        reach = max(map(len, self._stop), default=0)
        begin = max(self._searchable_from, length - reach)
        places = [self._text.find(sequence, begin) for sequence in self._stop]
        return min((place for place in places if place >= 0), default=None)

    def _safe_length(self) -> int:
        """Return how much of the text cannot belong to a stop sequence that is still incomplete."""
        longest = max(map(len, self._stop), default=1) - 1
        for begin in range(max(self._searchable_from, len(self._text) - longest), len(self._text)):
            if any(sequence.startswith(self._text[begin:]) for sequence in self._stop):
                return begin
        return len(self._text)

    def _logprobs(self, pieces: list[_Piece]) -> TokenLogprobs:
        tops = [
            None
            if piece.score.top is None
            else {self._codec.name(token): value for token, value in piece.score.top.items()}
            for piece in pieces
        ]
        return TokenLogprobs(
            tokens=[self._codec.name(piece.score.token) for piece in pieces],
            token_logprobs=[piece.score.logprob for piece in pieces],
            top_logprobs=tops,
            text_offset=[self._offset + piece.start for piece in pieces],
        )
