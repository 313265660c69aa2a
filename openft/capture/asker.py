"""The asking of all rows: each question that has no answer yet goes to the host once, many side by side."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from openft.capture.asking import Parameters, ask, key_of, other_api, refused_field
from openft.capture.cache import Answer, Cache
from openft.capture.places import HERE, check_host, host_of, note_host
from openft.capture.questions import APIS, Api, Question
from openft.capture.scratch import Scratch
from openft.capture.trouble import Trouble, told
from openft.crew import Crew
from openft.data.checks.paths import as_object
from openft.display import words
from openft.errors import APIError, APIStatusError, Unsupported
from openft.patience import BUSY, Patience, Stopped

if TYPE_CHECKING:
    from openft import Client

log: logging.Logger = logging.getLogger("openft")
GRACE = 5.0
"""Seconds that answers on their way have when asking ends early; they are paid for."""


NOT_ASKED = "NotAsked"
"""The type of the error of a row that nobody was asked, for want of a client."""


class Asked(NamedTuple):
    """A question, and which one of several answers to it is meant."""

    question: Question
    sample: int


class Asker:
    """Finds answers in the cache, and has the host give those that are missing.

    Args:
        model: who answers.
        parameters: what every question is asked with.
        cache: where answers are.
        scratch: where counts and failures are.
        tell: is told what a host refuses.
    """

    def __init__(
        self, model: str, parameters: Parameters, cache: Cache, scratch: Scratch, tell: Callable[[str], object]
    ) -> None:
        self.asked: int = 0
        """Answers that the host has given."""
        self.prompt_tokens: int = 0
        self.completion_tokens: int = 0
        """As the host counts them, of the answers that it has given."""
        self._model, self._parameters, self._cache, self._scratch = model, parameters, cache, scratch
        self._tell = tell
        self._turn = Lock()
        self._host = HERE
        self._underway: set[bytes] = set()
        self._refused: dict[Api, frozenset[str]] = dict.fromkeys(APIS, frozenset())

    def each(self, questions: Iterable[Question]) -> Iterator[Asked]:
        """Yield the questions; where answers are sampled, equal ones are told apart by their number."""
        self._scratch.again()
        for question in questions:
            sampled = self._parameters.sampled and question.problem is None
            yield Asked(question, self._scratch.nth(self.key(Asked(question, 0))) if sampled else 0)

    def key(self, asked: Asked) -> bytes:
        """Return what tells a question from others."""
        return key_of(self._model, asked.question, self._parameters.fields(asked.question.api), asked.sample)

    def find(self, asked: Asked) -> Answer | None:
        """Return the answer that there is, None where there is none."""
        return self._cache.get(self.key(asked))

    def failure(self, asked: Asked) -> dict[str, object]:
        """Return why there is no answer."""
        found = self._scratch.failure(self.key(asked))
        return found or {"type": NOT_ASKED, "message": "it was not asked, for want of a client (--offline)"}

    def ask_all(
        self,
        client: Client,
        questions: Iterable[Question],
        *,
        concurrency: int,
        max_retries: int,
        moved: Callable[[], object],
    ) -> None:
        """Ask what is open, and return when each question has an answer or has failed.

        Raises:
            APIError: the host refuses all, or is away.
            Unsupported: the model answers elsewhere.
            DataError: the cache has the answers of another host.
        """
        self._host = host_of(client.base_url)
        check_host(self._cache, self._host)
        trouble = Trouble(max(8, 2 * concurrency))
        patience = Patience(places=concurrency, attempts=max_retries + 1, busy=BUSY, tell=log.warning)
        host = client.with_options(max_retries=0)  # its own would each wait alone, and give up when many do

        def work(asked: Asked) -> None:
            key, before = self.key(asked), trouble.answers
            try:
                self._ask(host, asked, patience)
                trouble.answered()
            except Stopped:
                return
            except APIError as error:
                if trouble.is_the_end(error, before):
                    raise
                self._scratch.fail(key, told(error))
            finally:
                with self._turn:
                    self._underway.discard(key)

        crew = Crew(work, concurrency, "openft capture")
        try:
            for asked in self.each(questions):
                if self._is_new(asked, trouble):
                    with self._turn:
                        self._underway.add(self.key(asked))
                    crew.hand(asked)
                moved()
            crew.finish()
        finally:
            patience.over.set()
            crew.stop(GRACE)

    def _is_new(self, asked: Asked, trouble: Trouble) -> bool:
        """Return whether a question can be asked, is not underway, and has neither an answer nor failed."""
        if asked.question.problem is not None:
            return False
        with self._turn:  # first, since what is no longer underway has its answer
            if self.key(asked) in self._underway:
                return False
        if self._cache.has(self.key(asked)):
            trouble.has_answered()
            return False
        return self._scratch.failure(self.key(asked)) is None

    def _ask(self, client: Client, asked: Asked, patience: Patience) -> None:
        question, model = asked.question, self._model
        found: dict[str, str] = {}
        while True:
            without = self._refused[question.api].union(found)
            fields = self._parameters.fields(question.api, without)
            try:
                answer = patience.ask(partial(ask, client, model, question, fields))
            except APIStatusError as error:
                if (api := other_api(error, question.api)) is not None:
                    raise Unsupported(
                        f"{model} does not answer at the endpoint for {question.api}: {error.message}; "
                        f"ask it with api={api!r} (--api {api})"
                    ) from error
                name = refused_field(error, fields)
                if name is None or name in without:
                    raise
                found[name] = error.message
            else:
                break
        self._learn(question.api, found)
        self._keep(asked, answer)

    def _learn(self, api: Api, found: Mapping[str, str]) -> None:
        """Take note of what a host refuses, told once; not before it has answered without that."""
        with self._turn:
            new = found.keys() - self._refused[api]
            self._refused[api] |= new
        for name in sorted(new):
            self._tell(_without(name, found[name]))

    def _keep(self, asked: Asked, answer: Answer) -> None:
        """Keep an answer by what was to be asked; what was sent in the end stands in the answer itself."""
        if not self.asked:
            note_host(self._cache, self._host)
        self._cache.keep(self.key(asked), answer)
        usage = as_object(answer["usage"]) or {}
        with self._turn:
            self.asked += 1
            self.prompt_tokens += _number(usage.get("prompt_tokens"))
            self.completion_tokens += _number(usage.get("completion_tokens"))


def _without(name: str, said: str) -> str:
    instead = "asked with max_completion_tokens instead" if name == "max_tokens" else "asked without it"
    return f"the host refuses {name} ({words(said, 300)}); {instead}"


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
