"""The asking of all rows: each question that has no answer yet goes to the host once, many side by side."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from openft.capture.asking import Parameters, ask, key_of, other_api, refused_field
from openft.capture.cache import Answer, Cache
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

log = logging.getLogger("openft")
GRACE = 5.0
"""Seconds that answers on their way have when asking ends early; they are paid for."""
_DROPPABLE = ("logprobs", "max_tokens", "temperature")


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
        self._underway: set[bytes] = set()
        self._refused = {api: self._known_refusals(api) for api in APIS}

    def each(self, questions: Iterable[Question]) -> Iterator[Asked]:
        """Yield the questions; where answers are sampled, equal ones are told apart by their number."""
        self._scratch.again()
        for question in questions:
            sampled = self._parameters.sampled and question.problem is None
            yield Asked(question, self._scratch.nth(self.key(Asked(question, 0))) if sampled else 0)

    def key(self, asked: Asked) -> bytes:
        """Return what tells a question from others."""
        return self._keys(asked)[0]

    def find(self, asked: Asked) -> Answer | None:
        """Return the answer that there is, None where there is none."""
        return next((found for key in self._keys(asked) if (found := self._cache.get(key)) is not None), None)

    def failure(self, asked: Asked) -> dict[str, object]:
        """Return why there is no answer."""
        found = self._scratch.failure(self.key(asked))
        return found or {"type": "NotAsked", "message": "it was not asked; the same command asks it"}

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
        """
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
        if any(map(self._cache.has, self._keys(asked))):
            trouble.has_answered()
            return False
        return self._scratch.failure(self.key(asked)) is None

    def _ask(self, client: Client, asked: Asked, patience: Patience) -> None:
        question, model = asked.question, self._model
        while True:
            fields = self._parameters.fields(question.api, self._refused[question.api])
            try:
                answer = patience.ask(partial(ask, client, model, question, fields))
            except APIStatusError as error:
                if (api := other_api(error, question.api)) is not None:
                    raise Unsupported(
                        f"{model} does not answer at the endpoint for {question.api}: {error.message}; "
                        f"ask it with api={api!r} (--api {api})"
                    ) from error
                if (name := refused_field(error, fields)) is None:
                    raise
                self._learn(question, name, error)
            else:
                break
        self._cache.keep(key_of(model, question, fields, asked.sample), answer)
        usage = as_object(answer["usage"]) or {}
        with self._turn:
            self.asked += 1
            self.prompt_tokens += _number(usage.get("prompt_tokens"))
            self.completion_tokens += _number(usage.get("completion_tokens"))

    def _keys(self, asked: Asked) -> list[bytes]:
        """Return what the answer may be kept under: by all parameters first, then without those that are refused."""
        api = asked.question.api
        ways = [self._parameters.fields(api)]
        if self._refused[api]:
            ways.append(self._parameters.fields(api, self._refused[api]))
        return [key_of(self._model, asked.question, fields, asked.sample) for fields in ways]

    def _fact(self, api: Api, name: str) -> str:
        """Return what a refusal is kept under: a host that refuses 20 log-probabilities may give 5."""
        value = {"logprobs": self._parameters.logprobs, "temperature": self._parameters.temperature}.get(name)
        return f"{api} {self._model} refuses {name} {value}"

    def _known_refusals(self, api: Api) -> frozenset[str]:
        known = {name: self._cache.fact(self._fact(api, name)) for name in _DROPPABLE}
        for name, said in known.items():
            if said is not None:
                self._tell(_without(name, said))
        return frozenset(name for name, said in known.items() if said is not None)

    def _learn(self, question: Question, name: str, error: APIError) -> None:
        """Take note of what a host refuses, told once."""
        with self._turn:
            known = self._refused[question.api]
            self._refused[question.api] = known | {name}
        if name not in known:
            self._cache.know(self._fact(question.api, name), error.message)
            self._tell(_without(name, error.message))


def _without(name: str, said: str) -> str:
    instead = "asked with max_completion_tokens instead" if name == "max_tokens" else "asked without it"
    return f"the host refuses {name} ({words(said, 300)}); {instead}"


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
