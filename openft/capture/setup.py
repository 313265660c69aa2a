"""What a capture is told, and what is found out of it where nobody says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypedDict

from openft.capture.asking import Parameters
from openft.capture.look import Look, bare, look, tokens_of
from openft.capture.places import refuse_other_files
from openft.capture.questions import APIS, Api, Question, Questions
from openft.data import counter
from openft.data.reading.source import Format
from openft.data.training_file import Reading
from openft.errors import ConfigError, DataError

ENOUGH = 256
"""Tokens that an answer to a prompt may have where nothing says how long answers are."""


class Progress(NamedTuple):
    """How far a capture has come."""

    rows: int
    """Rows that were looked for in the cache, and handed to the host where they are not there."""
    total: int
    asked: int
    """Answers that the host has given."""


class CaptureOptions(TypedDict, total=False):
    """What ``answers`` and ``plan`` can be told; None is the same as leaving it out, but for ``temperature``."""

    prompt: str | None
    """The column that is asked, or a template such as ``{title}: {body}``."""
    completion: str | None
    """The column with the expected answers, likewise."""
    format: Format | None
    """What kind of text the file is, whatever its name."""
    encoding: str | None
    sheet: str | None
    api: Api | None
    """Where all rows are asked: ``completions`` or ``chat``. By default prompts at the one, messages at the other."""
    system: str | None
    """The system message before each prompt that is asked at ``chat``."""
    limit: int | None
    """Rows that are asked at most, from the first on."""
    cache: str | os.PathLike[str] | None
    """Where answers are kept as they come; ``OUT.cache`` when left out."""
    max_tokens: int | None
    """Of an answer; by default as many as the longest class, or enough for the longest expected answer."""
    temperature: float | None
    """0 when left out; None is the host's own."""
    top_p: float | None
    stop: str | Sequence[str] | None
    """Where answers end; what all completions of the file end with when left out, "" for nothing."""
    logprobs: int | bool | None
    """Likely tokens at each place whose log-probabilities are asked for; 0 is the chosen one alone, False none. When
    left out, 5 where answers are classes and 0 elsewhere."""
    seed: int | None
    extra_body: Mapping[str, object] | None
    """Further fields of each request."""
    concurrency: int | None
    """Questions that are asked side by side (8); fewer where the host refuses so many."""
    max_retries: int | None
    """How often each is repeated where the host is away, or is busy and answers nobody (8)."""
    tell: Callable[[str], object] | None
    """Is told in a sentence each what was found out and chosen."""
    on_progress: Callable[[Progress], object] | None
    """Is called with each row."""


class Setup:
    """A capture that is ready to begin.

    Args:
        model: who answers.
        source: what is asked.
        out: where the answers go.
        options: see CaptureOptions.
        asks: whether answers will be kept, for which the cache must be one that can be written.

    Raises:
        ConfigError: an option is unknown or makes no sense.
        DataError: the file cannot be read, or the answers cannot be written where they should be.
    """

    def __init__(
        self,
        model: str,
        source: str | os.PathLike[str],
        out: str | os.PathLike[str],
        options: CaptureOptions,
        *,
        asks: bool = True,
    ) -> None:
        _refuse_unknown(options)
        self.model: str = model
        self.source: Path = Path(source)
        self.out: Path = Path(out)
        self.cache: Path = Path(options.get("cache") or self.out.with_name(f"{self.out.name}.cache"))
        self.concurrency: int = _at_least("concurrency", options.get("concurrency"), 1) or 8
        retries = _at_least("max_retries", options.get("max_retries"), 0)
        self.max_retries: int = 8 if retries is None else retries
        self.notes: list[str] = []
        self._tell = options.get("tell")
        self._moved = options.get("on_progress")
        _refuse_places(self.source, self.out, self.cache, asks=asks)
        reading = Reading(
            format=options.get("format"),
            encoding=options.get("encoding"),
            sheet=options.get("sheet"),
            prompt=options.get("prompt"),
            completion=options.get("completion"),
            system=options.get("system"),
        )
        if (api := options.get("api")) not in {None, *APIS}:
            raise ConfigError(f"api is {api!r}; it is one of {', '.join(APIS)}")
        limit = _at_least("limit", options.get("limit"), 1)
        self.questions: Questions = Questions(self.source, reading, api=api, limit=limit)
        self._tokens = counter(model)
        self.look: Look = look(self.questions.all(), self._tokens, limit)
        if not self.look.rows:
            raise DataError("there is nothing to ask; put rows in it", file=str(source))
        for note in self.questions.notes:
            self.note(note)
        self.exact: bool = self._tokens.exact
        """Whether tokens are counted, not estimated."""
        self.parameters: Parameters = self._parameters(options)

    def tokens(self, questions: Iterable[Question]) -> int:
        """Return how many tokens questions have, about so where ``exact`` is not true."""
        return tokens_of(questions, self._tokens)

    def note(self, text: str) -> None:
        """Keep and tell what was found out."""
        self.notes.append(text)
        if self._tell is not None:
            self._tell(text)

    def moved(self, rows: int, asked: int) -> None:
        """Tell how far it has come."""
        if self._moved is not None:
            self._moved(Progress(rows, self.look.rows, asked))

    def _parameters(self, options: CaptureOptions) -> Parameters:
        stop = options.get("stop")
        if stop is None and self.look.stop:
            stop = self.look.stop
            self.note(f"answers end at {stop!r}, as the completions of the file do")
        longest = _at_least("max_tokens", options.get("max_tokens"), 1) or self._longest()
        extra = options.get("extra_body") or {}
        if (number := extra.get("n", 1)) != 1:
            remedy = "leave it out, and write a row as often as it is to be sampled"
            raise ConfigError(f"n is {number}, and a row has one answer; {remedy}")
        logprobs = options.get("logprobs")
        if logprobs is None or logprobs is True:
            logprobs = 5 if self.look.labels else 0
        return Parameters(
            max_tokens=longest,
            temperature=_float(options.get("temperature", 0)),
            top_p=_float(options.get("top_p")),
            stop=(stop,) if isinstance(stop, str) and stop else tuple(stop or ()),
            logprobs=None if logprobs is False else logprobs,
            seed=options.get("seed"),
            extra=extra,
        )

    def _longest(self) -> int | None:
        """Return how many tokens an answer needs, as far as that is known; None leaves it to the host."""
        if labels := [bare(label, self.look.stop) for label in self.look.labels]:
            spelt = [*labels, *(f" {label}" for label in labels)]  # as they stand, and as completions begin
            exact = self._tokens.exact
            most = max(self._tokens.count_all(spelt) if exact else (len(text.encode()) for text in spelt))
            self.note(f"answers are {len(labels)} classes; max_tokens is {most}, which is enough for the longest one")
            return most
        if "completions" not in self.look.apis:
            return None
        most = max(ENOUGH, 1 << (2 * self.look.longest - 1).bit_length())  # a few more rows leave it as it is
        self.note(f"max_tokens is {most}; hosts stop after 16 where it is left out")
        return most


def _refuse_unknown(options: CaptureOptions) -> None:
    unknown = sorted(options.keys() - CaptureOptions.__annotations__.keys())
    if unknown:
        known = ", ".join(sorted(CaptureOptions.__annotations__))
        raise ConfigError(f"there is no option {', '.join(unknown)}; there are {known}")


def _at_least(name: str, value: int | None, least: int) -> int | None:
    if value is not None and value < least:
        raise ConfigError(f"{name} is {value}; it is at least {least}")
    return value


def _float(value: float | None) -> float | None:
    """Return a number as JSON spells it always, since 0 and 0.0 would be two questions."""
    return None if value is None else float(value)


def _refuse_places(source: Path, out: Path, cache: Path, *, asks: bool) -> None:
    """Raise DataError where answers would be written over something else or nowhere, before hours are spent."""
    if len({path.resolve() for path in (source, out, cache)}) < 3:
        raise DataError("the file, the answers and the cache need names of their own; name another one", file=str(out))
    for path in (out, cache) if asks else (out,):
        if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise DataError("cannot be written there; name a file in a folder that is yours", file=str(path))
    refuse_other_files(out)
