"""What outlives a call: processes that fork, event loops side by side, errors and answers that travel, keys."""

from __future__ import annotations

import copy
import logging
import multiprocessing
import os
import pickle
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Event, Thread
from typing import Any

import anyio
import pytest

from faults.case import ADA, piece
from faults.runner import variables
from loopback import (
    CLOSE,
    DONE,
    HANG,
    KEY,
    RESET,
    Answer,
    Loopback,
    Pause,
    Received,
    again,
    event,
    refusal,
    reply,
    stream,
)
from openft import APIError, AsyncClient, Client, ConfigError, NotFoundError

GOOD = reply(200, ADA)
forks = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


# Forks


def asks(client: Client, answers: Any) -> None:
    warnings.simplefilter("error")
    answers.put(client.models.retrieve("ada", max_retries=20).id)
    client.close()


def forked(client: Client, work: Any = asks) -> str:
    """Return what a forked process says, given ten seconds."""
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    process = context.Process(target=work, args=(client, answers))
    process.start()
    try:
        return str(answers.get(timeout=10))
    finally:
        process.join(10)
        process.kill()


@forks
def test_a_fork_in_the_middle_of_another_threads_call_harms_neither() -> None:
    with Loopback([[Pause(0.5), GOOD], [GOOD], [GOOD]]) as server, Client(base_url=server.url, api_key=KEY) as client:
        with ThreadPoolExecutor(1) as thread:
            slow = thread.submit(client.models.retrieve, "ada")
            assert server.heard.acquire(timeout=5)
            assert forked(client) == "ada"
            assert slow.result().id == "ada"
        assert client.models.retrieve("ada").id == "ada"


@forks
def test_a_fork_while_threads_of_all_kinds_are_at_work_never_waits_for_one_of_theirs() -> None:
    over = Event()

    def ask() -> None:
        while not over.is_set():
            with suppress(APIError):  # where it meets three failures in a row
                client.models.retrieve("ada")

    with (
        Loopback(lambda _: [again(500)] if len(server.requests) % 20 == 0 else [GOOD]) as server,
        Client(base_url=server.url, api_key=KEY) as client,
    ):
        for _ in range(20):  # a failure among them: Python's own locks, of imports, are taken at the first use only
            client.models.retrieve("ada")
        threads = [Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            assert [forked(client) for _ in range(10)] == ["ada"] * 10
        finally:
            over.set()
            for thread in threads:
                thread.join()


def waits(client: Client, answers: Any) -> None:
    answers.put(client.fine_tuning.jobs.wait("ftjob-2", timeout=8, poll=0.1).fine_tuned_model)


@forks
def test_a_fork_does_not_wait_for_a_look_of_its_parents() -> None:
    def answer(received: Received) -> Answer:
        if "ftjob-1" in received.path and not over.is_set():
            return [Pause(0.2), reply(200, job_of("ftjob-1", "running"))]
        id = "ftjob-2" if "ftjob-2" in received.path else "ftjob-1"
        return [reply(200, job_of(id, "succeeded", fine_tuned_model="ft:ada:me::1"))]

    over = Event()
    with (
        Loopback(answer) as server,
        Client(base_url=server.url, api_key=KEY) as client,
        ThreadPoolExecutor(1) as thread,
    ):
        waiting = thread.submit(client.fine_tuning.jobs.wait, "ftjob-1", poll=0.1)
        assert server.heard.acquire(timeout=5)
        assert forked(client, waits) == "ft:ada:me::1"
        over.set()
        assert waiting.result().fine_tuned_model == "ft:ada:me::1"


def job_of(id: str, status: str, **fields: object) -> dict[str, Any]:
    return {"id": id, "object": "fine_tuning.job", "status": status, "model": "ada", "created_at": 1, **fields}


def streams(client: Client, answers: Any) -> None:
    answers.put("".join(each.choices[0].text for each in client.completions.create(model="ada", stream=True)))
    client.close()


@forks
def test_a_fork_leaves_its_parents_stream_alone() -> None:
    whole: Answer = [stream(event(piece("a"))), Pause(0.4), event(piece("b")), DONE, CLOSE]
    with Loopback([whole, whole]) as server, Client(base_url=server.url, api_key=KEY) as client:
        pieces = client.completions.create(model="ada", stream=True)
        first = next(pieces).choices[0].text
        assert forked(client, streams) == "ab"
        assert first + "".join(each.choices[0].text for each in pieces) == "ab"


def asks_on_a_loop(client: AsyncClient, answers: Any) -> None:
    async def main() -> str:
        async with client:
            return (await client.models.retrieve("ada")).id

    answers.put(anyio.run(main))


@forks
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_client_goes_on_in_a_forked_process(backend: str) -> None:
    async def main() -> None:
        async with client:
            await client.models.retrieve("ada")

    with Loopback(lambda _: [GOOD]) as server:
        client = AsyncClient(base_url=server.url, api_key=KEY)
        anyio.run(main, backend=backend)
        assert forked(client, asks_on_a_loop) == "ada"  # type: ignore[arg-type]
        anyio.run(main, backend=backend)


# Event loops


def test_loops_of_both_kinds_share_a_client_at_the_same_time() -> None:
    async def main() -> list[str]:
        names: list[str] = []
        async with anyio.create_task_group() as tasks:

            async def ask() -> None:
                names.append((await client.models.retrieve("ada")).id)

            for _ in range(8):
                tasks.start_soon(ask)
        await client.aclose()
        return names

    with Loopback(lambda _: [Pause(0.01), GOOD]) as server, ThreadPoolExecutor(4) as threads:
        client = AsyncClient(base_url=server.url, api_key=KEY)
        runs = [threads.submit(partial(anyio.run, main, backend=backend)) for backend in ("asyncio", "trio") * 2]
        assert [run.result() for run in runs] == [["ada"] * 8] * 4


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_loop_that_ended_without_closing_leaves_the_next_one_whole(backend: str) -> None:
    async def main() -> str:
        with anyio.move_on_after(0.3):
            await client.models.retrieve("ada")
        found = (await client.models.retrieve("ada")).id
        await client.aclose()
        return found

    with Loopback([[HANG], [GOOD], [HANG], [GOOD]]) as server:
        client = AsyncClient(base_url=server.url, api_key=KEY)
        assert [anyio.run(main, backend=backend) for _ in range(2)] == ["ada"] * 2


# Travelling


def fails(url: str) -> str:
    with Client(base_url=url, api_key=KEY, max_retries=0) as client:
        return client.models.retrieve("ada").id


def test_an_error_comes_out_of_another_process_as_it_was() -> None:
    with (
        Loopback([[refusal(404, "no such model", code="model_not_found", x_request_id="req-1")], [RESET]]) as server,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes,
    ):
        with pytest.raises(NotFoundError, match="no such model") as caught:
            processes.submit(fails, server.url).result()
        assert (caught.value.code, caught.value.request_id, caught.value.status_code) == (
            "model_not_found",
            "req-1",
            404,
        )
        with pytest.raises(APIError, match="the connection broke"):
            processes.submit(fails, server.url).result()


@pytest.mark.parametrize("twin", [pickle.loads, copy.copy, copy.deepcopy], ids=["pickle", "copy", "deepcopy"])
def test_answers_travel_with_what_nobody_knows(twin: Any) -> None:
    answers = [{**ADA, "more": {"x": [1]}}, {"data": [ADA]}, piece("a"), {"id": "ft-1", "status": "new", "x": 1}]
    with (
        Loopback([[reply(200, answer)] for answer in answers]) as server,
        Client(base_url=server.url, api_key=KEY) as client,
    ):
        found: list[Any] = [
            client.models.retrieve("ada"),
            next(iter(client.models.list())),
            client.completions.create(model="ada"),
            client.fine_tunes.retrieve("ft-1"),
        ]
    for answer in found:
        other = twin(pickle.dumps(answer) if twin is pickle.loads else answer)
        assert (other, other.to_dict(), type(other)) == (answer, answer.to_dict(), type(answer))
        assert KEY.encode() not in pickle.dumps(answer)


@pytest.mark.parametrize("what", ["client", "models", "files", "fine_tuning"])
def test_what_holds_connections_does_not_travel(what: str) -> None:
    client = Client(base_url="http://127.0.0.1:9/v1", api_key=KEY)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(client if what == "client" else getattr(client, what))


# Keys

BAD_KEYS = ["", " ", "a b", " sk-a", "sk-a\n", "a\r\nx: y", "a\0b", "sk-한", "\ud800", b"sk-a", 5]


@pytest.mark.parametrize("key", BAD_KEYS, ids=ascii)
@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_a_key_that_cannot_be_sent_makes_no_client(make: Any, key: Any) -> None:
    with pytest.raises(ConfigError, match=r"the API key .*(copy it again|must be a str)") as caught:
        make(base_url="http://127.0.0.1:9/v1", api_key=key)
    assert not (isinstance(key, str) and key.strip() and key in str(caught.value))


@pytest.mark.parametrize(
    "key", [key for key in BAD_KEYS if isinstance(key, str) and key.isprintable() and key.isascii()]
)
def test_nor_does_one_from_the_environment(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "OPENFT_API_KEY", key)
    with pytest.raises(ConfigError):
        Client(base_url="http://127.0.0.1:9/v1")


@pytest.mark.parametrize(
    "answer", [[refusal(401, f"wrong key {KEY}")], [RESET], [again(500)], [reply(200, {"key": KEY})]], ids=str
)
def test_no_variable_on_the_way_of_an_error_shows_the_key(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "openft")
    with Loopback([answer] * 3) as server, Client(base_url=server.url, api_key=KEY) as client:
        error = None
        try:
            client.models.retrieve("ada")
        except APIError as problem:
            error = problem
        del answer
        shown = [text for text in variables(error) if not text.startswith(("server =", "answer ="))]
    assert shown
    assert not [text for text in shown if KEY in text]
    assert KEY not in caplog.text
