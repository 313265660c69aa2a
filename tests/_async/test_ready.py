"""Waiting for a model that is not there yet, or is still being loaded."""

from __future__ import annotations

import math
from typing import Any

import pytest

from _async.support import MODEL, client_of
from loopback import CLOSE, HANG, Answer, Loopback, again, refusal, reply
from openft import (
    APIConnectionError,
    AsyncClient,
    AuthenticationError,
    ConfigError,
    InternalServerError,
    RateLimitError,
    WaitTimeout,
)
from openft.config import Clock

THERE: Answer = [reply(200, MODEL)]
ANSWER: Answer = [reply(200, {"id": "cmpl-1", "choices": [{"text": "!"}]})]
NOT_THERE: Answer = [refusal(404, "no such model", code="model_not_found")]
NOT_THIS_WAY: Answer = [refusal(404, "this is not a chat model")]
LOADING: Answer = [refusal(429, "still loading", code="model_not_ready", x_should_retry="false")]


class Hours:
    """A client's time, which passes as soon as it is waited for."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def skip(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


def hurried(server: Loopback, hours: Hours, **options: Any) -> AsyncClient:
    """Return a client that never sleeps."""
    client = client_of(server, **{"max_retries": 0, **options})
    client._settings = client._settings._replace(clock=Clock(now=lambda: hours.now, skip=hours.skip))
    return client


async def waited(*answers: Answer, timeout: float | None = 60, poll: float = 5.0) -> tuple[list[str], Hours]:
    """Return what was asked until the model was ready, and the time that it took."""
    hours = Hours()
    with Loopback(answers) as server:
        async with hurried(server, hours) as client:
            model = await client.models.wait("ada", timeout=timeout, poll=poll)
    assert model.id == "ada"
    return server.asked, hours


@pytest.mark.anyio
async def test_a_model_that_answers_is_returned_at_once() -> None:
    asked, hours = await waited(THERE, ANSWER)
    assert asked == ["GET /models/ada", "POST /completions"]
    assert hours.pauses == []


@pytest.mark.anyio
async def test_a_model_is_asked_for_one_token() -> None:
    with Loopback([THERE, ANSWER]) as server:
        async with client_of(server) as client:
            await client.models.wait("ada")
    assert server.requests[1].json() == {"model": "ada", "prompt": "hi", "max_tokens": 1}


@pytest.mark.anyio
async def test_a_model_that_takes_conversations_only_is_asked_that_way() -> None:
    with Loopback([THERE, NOT_THIS_WAY, ANSWER]) as server:
        async with client_of(server) as client:
            await client.models.wait("ada")
    question = {"model": "ada", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}
    assert (server.requests[2].path, server.requests[2].json()) == ("/v1/chat/completions", question)


@pytest.mark.anyio
@pytest.mark.parametrize("status", [400, 403, 404, 405, 422, 501])
async def test_a_model_that_takes_no_questions_is_there_all_the_same(status: int) -> None:
    asked, hours = await waited(THERE, [refusal(status)], [refusal(status)])
    assert asked == ["GET /models/ada", "POST /completions", "POST /chat/completions"]
    assert hours.pauses == []


@pytest.mark.anyio
async def test_a_model_that_is_not_there_is_looked_for_again() -> None:
    asked, hours = await waited(NOT_THERE, NOT_THERE, THERE, ANSWER, poll=7)
    assert asked == ["GET /models/ada", "GET /models/ada", "GET /models/ada", "POST /completions"]
    assert hours.pauses == [7, 7]


@pytest.mark.anyio
@pytest.mark.parametrize("answers", [[NOT_THERE, NOT_THERE], [NOT_THERE, NOT_THIS_WAY], [NOT_THIS_WAY, NOT_THERE]])
async def test_a_model_that_is_listed_and_yet_unknown_is_asked_again(answers: list[Answer]) -> None:
    asked, hours = await waited(THERE, *answers, ANSWER)
    assert asked == ["GET /models/ada", "POST /completions", "POST /chat/completions", "POST /completions"]
    assert hours.pauses == [5]


@pytest.mark.anyio
async def test_a_model_that_is_being_loaded_is_asked_again_however_long_it_takes() -> None:
    asked, hours = await waited(THERE, *[LOADING] * 50, ANSWER, timeout=None, poll=100)
    assert asked == ["GET /models/ada", *["POST /completions"] * 51]
    assert hours.pauses == [100] * 50


@pytest.mark.anyio
async def test_a_server_that_says_when_to_ask_again_is_heard() -> None:
    loading = [refusal(429, code="model_not_ready", x_should_retry="false", retry_after="30")]
    _, hours = await waited(THERE, loading, ANSWER)
    assert hours.pauses == [30]


@pytest.mark.anyio
@pytest.mark.parametrize("trouble", [[refusal(500)], [refusal(429)], [CLOSE]], ids=["500", "429", "cut off"])
async def test_trouble_is_borne(trouble: Answer) -> None:
    asked, hours = await waited(trouble, THERE, trouble, ANSWER)
    assert asked == ["GET /models/ada", "GET /models/ada", "POST /completions", "POST /completions"]
    assert hours.pauses == [5, 5]


@pytest.mark.anyio
async def test_trouble_is_borne_for_ten_minutes() -> None:
    hours = Hours()
    with Loopback([THERE, *[[refusal(500, "on fire")]] * 100]) as server:
        async with hurried(server, hours) as client:
            with pytest.raises(InternalServerError, match=r"heard of model ada for 10 minutes \(on fire\); ask again"):
                await client.models.wait("ada", poll=50)
    assert hours.now == 650


@pytest.mark.anyio
async def test_trouble_is_told_of_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    hours = Hours()
    with Loopback([*[[again(500)]] * 40, THERE, ANSWER]) as server:
        async with hurried(server, hours, max_retries=2) as client:
            await client.models.wait("ada", poll=5)
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [line[:15] for line in said] == ["trying again in"] * 2 + ["no news of mode"] * 5


@pytest.mark.anyio
async def test_a_server_that_is_not_there_is_told_after_ten_minutes() -> None:
    hours = Hours()
    with Loopback([]) as server:
        pass
    async with hurried(server, hours) as client:
        with pytest.raises(APIConnectionError, match="cannot connect"):
            await client.models.wait("ada", poll=50)


@pytest.mark.anyio
async def test_what_no_waiting_helps_against_is_told_at_once() -> None:
    for answers, error in (
        ([[refusal(401, "who are you")]], AuthenticationError),
        ([THERE, [refusal(401, "who are you")]], AuthenticationError),
        ([THERE, [refusal(429, "pay first", code="insufficient_quota")]], RateLimitError),
    ):
        with Loopback(answers) as server:
            async with hurried(server, Hours()) as client:
                with pytest.raises(error):
                    await client.models.wait("ada")
        assert len(server.requests) == len(answers)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ([NOT_THERE] * 9, r"model ada is not there after 12 s \(no such model\); wait longer"),
        ([THERE, *[LOADING] * 9], r"model ada does not answer yet after 12 s \(still loading\); wait longer"),
        ([THERE, *[NOT_THERE] * 9], r"model ada does not answer yet after 12 s \(no such model\); wait longer"),
        ([[refusal(500, "on fire")]] * 9, r"model ada cannot be asked for after 12 s \(on fire\); wait longer"),
    ],
)
async def test_giving_up_says_how_far_the_model_was(answers: list[Answer], state: str) -> None:
    hours = Hours()
    with Loopback(answers) as server:
        async with hurried(server, hours) as client:
            with pytest.raises(WaitTimeout, match=state):
                await client.models.wait("ada", timeout=12, poll=5)
    assert hours.pauses == [5, 5, 2]


@pytest.mark.anyio
async def test_there_is_one_look_even_without_time() -> None:
    asked, _ = await waited(THERE, ANSWER, timeout=0)
    assert len(asked) == 2


@pytest.mark.anyio
async def test_a_model_that_is_loaded_meanwhile_is_waited_for_within_one_look() -> None:
    with Loopback([THERE, [again(429, code="model_not_ready")], ANSWER]) as server:
        async with client_of(server) as client:
            assert (await client.models.wait("ada")).owned_by == "openft"


@pytest.mark.anyio
async def test_there_is_a_pause_between_two_looks_whatever_was_asked_for() -> None:
    _, hours = await waited(NOT_THERE, THERE, ANSWER, poll=0)
    assert hours.pauses == [0.01]


@pytest.mark.anyio
async def test_one_look_ends_however_long_the_client_would_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._async.ready.LIMIT", 0.3)
    with Loopback([[HANG], THERE, ANSWER]) as server:
        async with client_of(server, max_retries=0, timeout=math.inf) as client:
            assert (await client.models.wait("ada", poll=0)).id == "ada"


@pytest.mark.anyio
async def test_the_model_of_a_job_that_has_none_yet_is_not_waited_for() -> None:
    missing: Any = None
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="the job has no model yet; wait for it first"):
                await client.models.wait(missing)
    assert server.connections == 0


@pytest.mark.anyio
@pytest.mark.parametrize("wrong", [{"timeout": -1}, {"poll": -1}, {"poll": float("nan")}], ids=repr)
async def test_times_that_make_no_sense_are_told(wrong: dict[str, float]) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="must be a number of seconds"):
                await client.models.wait("ada", **wrong)
