"""Answers requests: who asks, what goes wrong, what was answered before, and only then the work."""

from __future__ import annotations

import json
from dataclasses import replace

from pydantic_core import to_json

from openft._version import __version__
from openft.testing.faults import Altered, Cut, Dropped, Fault, Lost, Refused, Scripted, Slow, Status
from openft.testing.http import Answer, Asked, Broken, Refusal
from openft.testing.naming import new_stem
from openft.testing.once import Keeper
from openft.testing.routes import TABLE
from openft.testing.world import World

LOOKS = ("fine-tunes", "fine_tuning")


class Service:
    """What stands behind every client and port of one API."""

    def __init__(self, world: World, *, keeps_keys: bool, api_keys: tuple[str, ...]) -> None:
        self.world = world
        self.requests: list[Asked] = []
        self.remembers = True
        """Whether ``requests`` grows; a long run may not want it to."""
        self.faults: list[Scripted] = []
        self._keeper = Keeper() if keeps_keys else None
        self._api_keys = frozenset(api_keys)

    def handle(self, asked: Asked) -> Answer:
        """Return the answer to a request.

        Raises:
            Broken: there is none, the connection ends.
        """
        with self.world.lock:
            if self.remembers:
                self.requests.append(asked)
            self.world.clock.look()
            fault = next((scripted.fault for scripted in self.faults if scripted.take(asked)), None)
            answer = self._hit(fault, asked)
        mark = {} if self._keeper is None else {"openft-version": __version__}
        return answer.with_headers({"x-request-id": f"req_{new_stem()}", "openai-processing-ms": "1", **mark})

    def _hit(self, fault: Fault | None, asked: Asked) -> Answer:
        """Return the answer, with what goes wrong on the way."""
        if fault is not None:
            self.world.touch()
        match fault:
            case Refused() | Dropped():
                raise Broken(connected=isinstance(fault, Dropped))
            case Status():
                return _scripted(fault)
            case Lost():
                self._answer(asked)
                raise Broken(connected=True)
            case Cut():
                return replace(self._answer(asked), cut_after=fault.after)
            case Altered():
                return _altered(self._answer(asked), fault)
            case Slow():
                return replace(self._answer(asked), delay=fault.seconds)
            case _:
                return self._answer(asked)

    def _answer(self, asked: Asked) -> Answer:
        try:
            self._check_key(asked.key)
            found = TABLE.find(asked)
            world = self.world
            if world.step and world.active and asked.method == "GET" and asked.segments[0] in LOOKS:
                world.clock.advance(world.step)
            world.settle()
            if asked.method != "GET":
                world.touch()
            if not found.route.once or self._keeper is None:
                return _rendered(found.answer(world, asked))
            return self._keeper.once(
                asked, world.now, lambda: found.fields(asked), lambda: _rendered(found.answer(world, asked))
            )
        except Refusal as refusal:
            return refusal.answer

    def _check_key(self, authorization: str) -> None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            message = "no API key in the request; send it as 'Authorization: Bearer KEY'"
            raise Refusal(401, message, code="missing_api_key")
        if self._api_keys and key.strip() not in self._api_keys:
            raise Refusal(401, "the API key is not known to this server; check it", code="invalid_api_key")


def _rendered(content: Answer | dict[str, object]) -> Answer:
    return content if isinstance(content, Answer) else Answer(200, to_json(content))


def _altered(answer: Answer, fault: Altered) -> Answer:
    """Return the answer with another body; what is no JSON document stays as it is."""
    if answer.media_type != "application/json" or not isinstance(answer.content, bytes):
        return answer
    return replace(answer, content=to_json(fault.alter(json.loads(answer.content))))


def _scripted(fault: Status) -> Answer:
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        headers["retry-after"] = str(fault.retry_after)
    return Refusal(fault.status, fault.message, param=fault.param, code=fault.code, headers=headers).answer
