"""Runs a case through a client, on threads, asyncio or trio, and says what came of it."""

from __future__ import annotations

import logging
import pickle
import re
import socket
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from traceback import walk_tb
from typing import Any

import anyio

from faults.case import Case, Server, Turn
from loopback import CLOSE, KEY, Loopback, full_listener
from openft import AsyncClient, Client, OpenFTError
from openft.config import Clock

FACES = ("threads", "asyncio", "trio")
SLACK = 6.0
"""Seconds past the deadline that a busy machine may need to notice it."""
LONGEST_TEXT = 1000
"""Characters of an error's message."""


@dataclass
class Outcome:
    """What came of a case."""

    value: object = None
    error: Exception | None = None
    requests: int = 0
    made: int = 0
    elapsed: float = 0.0
    pauses: list[float] = field(default_factory=list[float])
    left_over: list[str] = field(default_factory=list[str])
    """Files that a download has left in its folder, tasks that still run."""
    told: list[str] = field(default_factory=list[str])
    """What was logged."""


def run(case: Case, face: str) -> Outcome:
    """Return what comes of a case on one of the faces."""
    outcome = Outcome()
    with ExitStack() as stack:
        server = Server(case)
        loopback = stack.enter_context(Loopback(server, greetings=case.greetings))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(listening(outcome.told))
        options = {
            "base_url": stack.enter_context(address(case, loopback)),
            "api_key": KEY,
            "timeout": case.timeout,
            **case.options,
        }

        def rest() -> None:  # a closure: what it knows is in no traceback, and the server knows the key
            settle(case, loopback)

        if face == "threads":
            on_threads(case, Client(**options), folder, outcome, rest)
        else:
            anyio.run(on_a_loop, case, AsyncClient(**options), folder, outcome, rest, backend=face)
        outcome.left_over += [path.name for path in folder.iterdir() if outcome.error is not None]
        outcome.requests, outcome.made = len(loopback.requests), len(server.keys)
    return outcome


def on_threads(case: Case, client: Client, folder: Path, outcome: Outcome, rest: Callable[[], None]) -> None:
    """Make a case's calls with the sync client."""
    with client:
        skipping(case, client, outcome)
        if case.before is not None:
            case.before.make(client, folder)
            rest()
        began = monotonic()
        several: list[object] = []
        try:
            result = case.call.make(client, folder)
            if case.call.many:
                several.extend(case.call.show(each) for each in result)
            outcome.value = tuple(several) if case.call.many else case.call.show(result)
        except Exception as error:
            outcome.value = tuple(several) if case.call.many else None
            outcome.error = error
        outcome.elapsed = monotonic() - began


async def on_a_loop(case: Case, client: AsyncClient, folder: Path, outcome: Outcome, rest: Callable[[], None]) -> None:
    """Make a case's calls with the async client."""
    tasks = len(anyio.get_running_tasks())
    async with client:
        skipping(case, client, outcome)
        if case.before is not None:
            await case.before.make(client, folder)
            rest()
        began = monotonic()
        several: list[object] = []
        try:
            result = await case.call.make(client, folder)
            if case.call.many:
                async for each in result:
                    several.append(case.call.show(each))  # noqa: PERF401 - what came before an error counts
            outcome.value = tuple(several) if case.call.many else case.call.show(result)
        except Exception as error:
            outcome.value = tuple(several) if case.call.many else None
            outcome.error = error
        outcome.elapsed = monotonic() - began
    outcome.left_over += ["a task"] * (len(anyio.get_running_tasks()) - tasks)


def settle(case: Case, loopback: Loopback) -> None:
    """Wait until what the server does after the first answer has arrived."""
    first = case.script[0]
    if isinstance(first, Turn) and CLOSE in first.steps:
        loopback.ended.acquire(timeout=10)
    sleep(case.rest)


def skipping(case: Case, client: Any, outcome: Outcome) -> None:
    """Let the pauses of a case pass in no time, and keep them."""
    if case.pauses is not None:
        client._settings = client._settings._replace(clock=Clock(skip=outcome.pauses.append))


@contextmanager
def address(case: Case, loopback: Loopback) -> Generator[str]:
    """Give the base URL that a case is about."""
    if case.place == "full":
        with full_listener() as url:
            yield url
    elif case.place == "closed":
        with socket.socket() as bound:  # and never listening
            bound.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
    else:
        yield loopback.url.replace("http:", "https:") if case.place == "tls" else loopback.url


@contextmanager
def listening(told: list[str]) -> Generator[None]:
    """Keep what the client logs."""
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("openft")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


def faults_of(case: Case, outcome: Outcome) -> list[str]:
    """Return all in which an outcome is not the expected one."""
    error, found = outcome.error, list[str]()
    if error is not None and not isinstance(error, OpenFTError):
        found.append(f"a foreign exception: {error!r}")
    if outcome.elapsed > case.timeout + SLACK:
        found.append(f"it took {outcome.elapsed:.1f} s")
    if (name := type(error).__name__ if error is not None else "") != case.error:
        found.append(f"{name or 'no error'} in place of {case.error or 'none'}: {error or outcome.value!r}")
    if error is None or case.call.many:
        found += unequal("the value", outcome.value, case.gives)
    found += unequal("requests", outcome.requests, case.requests)
    if case.made is not None or case.call.creates:
        found += unequal("things made", outcome.made, 1 if case.made is None else case.made)
    if case.pauses is not None:
        near = [
            wanted - case.about <= pause <= wanted for pause, wanted in zip(outcome.pauses, case.pauses, strict=False)
        ]
        if not all(near) or len(outcome.pauses) != len(case.pauses):
            found.append(f"pauses: {outcome.pauses} in place of {case.pauses}")
    if outcome.left_over:
        found.append(f"left over: {outcome.left_over}")
    return found + (wrong_in(case, error) if error is not None else []) + secrets_in(outcome)


def unequal(what: str, got: object, wanted: object) -> list[str]:
    """Return a complaint where two things differ."""
    return [] if got == wanted else [f"{what}: {got!r:.300} in place of {wanted!r:.300}"]


def wrong_in(case: Case, error: Exception) -> list[str]:
    """Return what is wrong with an error: its words, its attributes, its twin out of a pickle."""
    found = [] if re.search(case.text, str(error)) else [f"the text: {error} in place of {case.text}"]
    for name, wanted in case.shows.items():
        found += unequal(name, getattr(error, name, None), wanted)
    if len(str(error)) > LONGEST_TEXT:
        found.append(f"a text of {len(str(error))} characters")
    twin = pickle.loads(pickle.dumps(error))
    if (type(twin), str(twin), repr(vars(twin))) != (type(error), str(error), repr(vars(error))):
        found.append(f"it comes out of a pickle as {twin!r}")
    try:
        str(error).encode()
    except UnicodeEncodeError:
        found.append("a text that cannot be printed")
    return found


def variables(error: BaseException | None) -> Iterator[str]:
    """Yield the variables of all frames that an error has gone through, and of those that led to it."""
    while error is not None:
        for frame, _ in walk_tb(error.__traceback__):
            for name, value in frame.f_locals.items():
                with suppress(Exception):  # of a value half-made
                    yield f"{name} = {value!r}"
        error = error.__cause__ if error.__suppress_context__ else error.__context__


def secrets_in(outcome: Outcome) -> list[str]:
    """Return where the key shows up: in texts, pickles, logs and tracebacks with all variables of the client."""
    places = {"the log": "\n".join(outcome.told)}
    if outcome.error is not None:
        error = outcome.error
        places |= {"the text": str(error), "the repr": repr(error), "the attributes": repr(vars(error))}
        places["the pickle"] = pickle.dumps(error).decode("latin-1")
        places["the traceback"] = "\n".join(variables(error))
    return [f"the key is in {place}" for place, text in places.items() if KEY in text]
