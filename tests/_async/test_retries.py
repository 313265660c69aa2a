"""Which requests are sent again, how often, and with what."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic, sleep

import pytest

from _async.support import FILE, JOB, MODEL, OURS, ROW, client_of
from loopback import CLOSE, HANG, RESET, Answer, Loopback, Pause, Received, again, full_listener, refusal, reply
from openft import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    ConflictError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
)
from openft.types import PromptCompletion

GOOD: Answer = [reply(200, MODEL)]
TRANSIENT = [408, 425, 429, 500, 502, 503, 504, 529]
BROKEN: list[Answer] = [
    [RESET],
    [CLOSE],
    [b"HTTP/1.1 200"],
    [b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{", CLOSE],
    [b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"id"', CLOSE],
    [b"this is not HTTP\r\n\r\n", CLOSE],
    [reply(200, b"<html>an apology</html>", content_type="text/html")],
    [reply(502, b"<html>Bad Gateway</html>", content_type="text/html", retry_after_ms="1")],
    [reply(200, b"")],
]
BROKEN[2] = [b"HTTP/1.1 200", CLOSE]


@pytest.mark.anyio
@pytest.mark.parametrize("status", TRANSIENT)
async def test_a_read_is_repeated_after_a_transient_status(status: int) -> None:
    with Loopback([[again(status)], [again(status)], GOOD]) as server:
        async with client_of(server) as client:
            assert (await client.models.retrieve("ada")).id == "ada"
    assert len(server.requests) == 3


@pytest.mark.anyio
@pytest.mark.parametrize("answer", BROKEN, ids=str)
async def test_a_read_is_repeated_after_a_broken_answer(answer: Answer) -> None:
    with Loopback([answer, GOOD]) as server:
        async with client_of(server) as client:
            assert (await client.models.retrieve("ada")).id == "ada"


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [[again(503)], [RESET]], ids=str)
async def test_a_deletion_is_repeated(answer: Answer) -> None:
    with Loopback([answer, [reply(200, {"id": "ada", "deleted": True})]]) as server:
        async with client_of(server) as client:
            assert (await client.models.delete("ada")).deleted


@pytest.mark.anyio
async def test_a_deletion_that_got_through_before_the_connection_broke_is_done() -> None:
    with Loopback([[RESET], [refusal(404)]]) as server:
        async with client_of(server) as client:
            assert (await client.files.delete("file-1")).id == "file-1"


@pytest.mark.anyio
async def test_a_deletion_of_what_is_not_there_is_refused() -> None:
    with Loopback([[again(429)], [refusal(404)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(NotFoundError):
                await client.files.delete("file-1")


@pytest.mark.anyio
async def test_a_deletion_may_be_answered_without_a_body() -> None:
    with Loopback([[b"HTTP/1.1 204 No Content\r\n\r\n"]]) as server:
        async with client_of(server) as client:
            assert (await client.fine_tunes.delete("ft-1")).deleted


@pytest.mark.anyio
async def test_the_error_after_the_last_attempt_says_how_many_and_how_long() -> None:
    with Loopback([[again(500)]] * 3) as server:
        async with client_of(server) as client:
            with pytest.raises(InternalServerError) as caught:
                await client.models.retrieve("ada")
    assert (caught.value.attempts, len(server.requests)) == (3, 3)
    assert 0 < caught.value.elapsed < 5


@pytest.mark.anyio
async def test_max_retries_of_a_call_overrides_that_of_the_client() -> None:
    with Loopback([[again(500)]] * 9) as server:
        async with client_of(server, max_retries=1) as client:
            with pytest.raises(InternalServerError):
                await client.models.retrieve("ada")
            assert len(server.requests) == 2
            with pytest.raises(InternalServerError):
                await client.models.retrieve("ada", max_retries=0)
    assert len(server.requests) == 3


@pytest.mark.anyio
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422, 501])
async def test_a_final_status_is_not_repeated(status: int) -> None:
    with Loopback([[refusal(status)], GOOD]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIStatusError) as caught:
                await client.models.retrieve("ada")
    assert caught.value.attempts == 1


@pytest.mark.anyio
async def test_an_exhausted_quota_is_not_repeated() -> None:
    with Loopback([[again(429, code="insufficient_quota")], GOOD]) as server:
        async with client_of(server) as client:
            with pytest.raises(RateLimitError):
                await client.models.retrieve("ada")


@pytest.mark.anyio
async def test_a_read_is_repeated_where_something_is_locked() -> None:
    with Loopback([[again(409, code="lock_timeout")], GOOD]) as server:
        async with client_of(server) as client:
            assert (await client.models.retrieve("ada")).id == "ada"


@pytest.mark.anyio
async def test_another_conflict_of_a_read_is_final() -> None:
    with Loopback([[again(409)], GOOD]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConflictError):
                await client.models.retrieve("ada")


@pytest.mark.anyio
async def test_a_server_may_ask_for_a_repetition_of_a_final_status() -> None:
    with Loopback([[again(400, x_should_retry="true")], GOOD]) as server:
        async with client_of(server) as client:
            assert (await client.models.retrieve("ada")).id == "ada"


@pytest.mark.anyio
async def test_a_server_may_forbid_a_repetition() -> None:
    with Loopback([[again(503, x_should_retry="false")], GOOD]) as server:
        async with client_of(server) as client:
            with pytest.raises(InternalServerError):
                await client.models.retrieve("ada")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "headers",
    [
        {"retry_after_ms": "300"},
        {"retry_after": "0.3"},
        {"retry_after": "7", "retry_after_ms": "300"},
        {"retry_after": "0.3", "retry_after_ms": "soon"},
    ],
    ids=str,
)
async def test_the_pause_that_the_server_asks_for_is_kept(headers: dict[str, str]) -> None:
    with Loopback([[refusal(503, **headers)], GOOD]) as server:
        async with client_of(server) as client:
            began = monotonic()
            await client.models.retrieve("ada")
    assert 0.25 < monotonic() - began < 5


@pytest.mark.anyio
async def test_the_pause_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    with Loopback([[refusal(503, retry_after=date)], GOOD]) as server:
        async with client_of(server) as client:
            began = monotonic()
            await client.models.retrieve("ada")
    assert 0.5 < monotonic() - began < 5


@pytest.mark.anyio
@pytest.mark.parametrize("value", ["soon", "-5", "nan", "Mon, 99 Foo 2024"])
async def test_a_pause_that_makes_no_sense_is_passed_over(value: str) -> None:
    with Loopback([[refusal(503, retry_after=value)], GOOD]) as server:
        async with client_of(server) as client:
            assert (await client.models.retrieve("ada")).id == "ada"


@pytest.mark.anyio
@pytest.mark.parametrize("value", ["121", "1e12", "inf"])
async def test_a_pause_of_over_two_minutes_is_left_to_the_caller(value: str) -> None:
    with Loopback([[refusal(503, retry_after=value)], GOOD]) as server:
        async with client_of(server, timeout=float("inf")) as client:
            with pytest.raises(InternalServerError) as caught:
                await client.models.retrieve("ada")
    assert caught.value.retry_after == float(value)


@pytest.mark.anyio
async def test_a_pause_past_the_deadline_is_not_begun() -> None:
    with Loopback([[refusal(503, retry_after="60")], GOOD]) as server:
        async with client_of(server) as client:
            with pytest.raises(InternalServerError) as caught:
                await client.models.retrieve("ada")
    assert caught.value.elapsed < 5


@pytest.mark.anyio
async def test_a_loading_model_is_asked_again_however_often() -> None:
    loading = again(429, code="model_not_ready")
    answer = {"id": "cmpl-1", "choices": [{"text": " yes", "index": 0}]}
    with Loopback([*[[loading]] * 6, [reply(200, answer)]]) as server:
        async with client_of(server) as client:
            assert (await client.completions.create(model="ada")).choices[0].text == " yes"
    assert len(server.requests) == 7


@pytest.mark.anyio
async def test_a_loading_model_is_waited_for_until_the_deadline() -> None:
    with Loopback(lambda _: [refusal(429, code="model_not_ready", retry_after_ms="200")]) as server:
        async with client_of(server, timeout=1) as client:
            with pytest.raises(RateLimitError) as caught:
                await client.completions.create(model="ada")
    assert caught.value.code == "model_not_ready"
    assert 3 <= caught.value.attempts <= 6


@pytest.mark.anyio
async def test_a_failing_server_is_not_flooded() -> None:
    def answer(_: Received) -> Answer:
        return GOOD if 102 <= len(server.requests) <= 106 else [again(500)]

    with Loopback(answer) as server:
        async with client_of(server, max_retries=150) as client:
            with pytest.raises(InternalServerError):
                await client.models.retrieve("ada")
            assert len(server.requests) == 101
            for _ in range(5):
                await client.models.retrieve("ada")
            with pytest.raises(InternalServerError) as caught:
                await client.models.retrieve("ada")
    assert caught.value.attempts == 2


# Creating


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [[RESET], [again(500)], [again(502)], [again(408)], BROKEN[3], BROKEN[6]], ids=str)
async def test_a_creation_in_doubt_is_not_repeated(answer: Answer) -> None:
    with Loopback([answer, [reply(200, JOB)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIError) as caught:
                await client.fine_tunes.create(training_file="file-1")
    assert (caught.value.attempts, len(server.requests)) == (1, 1)


@pytest.mark.anyio
@pytest.mark.parametrize("status", [409, 425, 429, 503])
async def test_a_creation_that_was_refused_for_now_is_repeated(status: int) -> None:
    with Loopback([[again(status)], [reply(200, JOB)]]) as server:
        async with client_of(server) as client:
            assert (await client.fine_tunes.create(training_file="file-1")).id == "ft-1"


@pytest.mark.anyio
async def test_a_creation_is_not_repeated_after_503_without_a_pause() -> None:
    with Loopback([[refusal(503)], [reply(200, JOB)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(InternalServerError):
                await client.fine_tunes.create(training_file="file-1")


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [[RESET], [again(500, **OURS)], [again(502)]], ids=str)
async def test_a_creation_in_doubt_is_repeated_where_the_server_keeps_keys(answer: Answer) -> None:
    with Loopback([[reply(200, MODEL, **OURS)], answer, [reply(200, JOB, **OURS)]]) as server:
        async with client_of(server) as client:
            await client.models.retrieve("ada")
            assert (await client.fine_tunes.create(training_file="file-1")).id == "ft-1"
    assert server.requests[1].headers["idempotency-key"] == server.requests[2].headers["idempotency-key"]


@pytest.mark.anyio
async def test_a_server_that_shows_no_mark_any_more_keeps_no_keys() -> None:
    with Loopback([[reply(200, MODEL, **OURS)], GOOD, [RESET], [reply(200, JOB)]]) as server:
        async with client_of(server) as client:
            await client.models.retrieve("ada")
            await client.models.retrieve("ada")
            with pytest.raises(APIConnectionError):
                await client.fine_tunes.create(training_file="file-1")


@pytest.mark.anyio
async def test_a_server_may_not_ask_for_the_repetition_of_a_creation_in_doubt() -> None:
    with Loopback([[again(500, x_should_retry="true")], [reply(200, JOB)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(InternalServerError):
                await client.fine_tunes.create(training_file="file-1")


@pytest.mark.anyio
async def test_all_attempts_carry_the_callers_key() -> None:
    with Loopback([[again(429)], [reply(200, JOB)]]) as server:
        async with client_of(server) as client:
            await client.fine_tunes.create(training_file="file-1", idempotency_key="mine-1")
    assert [request.headers["idempotency-key"] for request in server.requests] == ["mine-1", "mine-1"]


@pytest.mark.anyio
async def test_the_callers_key_may_come_as_a_header() -> None:
    with Loopback([[reply(200, JOB)]]) as server:
        async with client_of(server) as client:
            await client.fine_tunes.cancel("ft-1", extra_headers={"Idempotency-Key": "mine-2"})
    assert server.requests[0].headers["idempotency-key"] == "mine-2"


@pytest.mark.anyio
async def test_two_creations_have_different_keys() -> None:
    with Loopback([[reply(200, JOB)]] * 2) as server:
        async with client_of(server) as client:
            for _ in range(2):
                await client.fine_tunes.create(training_file="file-1")
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 2


@pytest.mark.anyio
async def test_only_creations_carry_a_key() -> None:
    with Loopback([GOOD, [reply(200, {"id": "c", "choices": []})]]) as server:
        async with client_of(server) as client:
            await client.models.retrieve("ada")
            await client.completions.create(model="ada")
    assert not any("idempotency-key" in request.headers for request in server.requests)


@pytest.mark.anyio
async def test_a_creation_is_repeated_where_nobody_listens() -> None:
    with Loopback([]) as gone:
        port = gone.port
    async with client_of(gone, max_retries=1) as client:
        with pytest.raises(APIConnectionError, match=rf"cannot connect to http://127.0.0.1:{port}") as caught:
            await client.fine_tunes.create(training_file="file-1")
    assert caught.value.attempts == 2


@pytest.mark.anyio
async def test_an_error_is_told_with_its_own_causes_and_not_with_the_attempts_before() -> None:
    with Loopback([]) as gone:
        pass
    async with client_of(gone, max_retries=2) as client:
        with pytest.raises(APIConnectionError) as caught:
            await client.models.retrieve("ada")
    told = "".join(traceback.format_exception(caught.value))
    assert told.count("APIConnectionError") == 1
    assert "AttemptFailed" not in told


@pytest.mark.anyio
async def test_a_completion_is_repeated() -> None:
    with Loopback([[RESET], [reply(200, {"id": "c", "choices": []})]]) as server:
        async with client_of(server) as client:
            assert (await client.completions.create(model="ada")).id == "c"


# Keep-alive, and time


@pytest.mark.anyio
async def test_a_connection_that_the_server_has_closed_meanwhile_is_no_failure() -> None:
    with Loopback([[reply(200, FILE), CLOSE], [reply(200, JOB)]]) as server:
        async with client_of(server, max_retries=0) as client:
            await client.files.retrieve("file-1")
            assert server.ended.acquire(timeout=10)
            await client.fine_tunes.create(training_file="file-1")
    assert [request.connection for request in server.requests] == [0, 1]


@pytest.mark.anyio
async def test_a_connection_is_used_again() -> None:
    with Loopback([[reply(200, FILE)], [refusal(404)], [reply(200, FILE)]]) as server:
        async with client_of(server) as client:
            await client.files.retrieve("file-1")
            with pytest.raises(NotFoundError):
                await client.files.retrieve("file-2")
            await client.files.retrieve("file-1")
    assert server.connections == 1


DRIPS: list[Answer] = [
    [b"HTTP/1.1 200 OK\r\n", *[piece for n in range(60) for piece in (Pause(0.2), b"x-%d: y\r\n" % n)]],
    [b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", *[piece for _ in range(60) for piece in (Pause(0.2), b" ")]],
    [HANG],
]


@pytest.mark.anyio
@pytest.mark.parametrize("answer", DRIPS, ids=["head", "body", "silence"])
async def test_one_deadline_holds_for_the_whole_call(answer: Answer) -> None:
    with Loopback([answer] * 3) as server:
        async with client_of(server, timeout=0.7) as client:
            began = monotonic()
            with pytest.raises(APITimeoutError):
                await client.models.retrieve("ada")
    assert 0.6 < monotonic() - began < 3


@pytest.mark.anyio
async def test_each_wait_is_cut_to_what_is_left_of_the_deadline() -> None:
    with Loopback([[b"HTTP/1.1 200 OK\r\n", Pause(1.0), b"x: y\r\n", HANG]]) as server:
        async with client_of(server, timeout=1.3) as client:
            began = monotonic()
            with pytest.raises(APITimeoutError):
                await client.models.retrieve("ada")
    assert 1.2 < monotonic() - began < 1.9


@pytest.mark.anyio
async def test_an_upload_may_take_longer_than_the_timeout_while_it_moves() -> None:
    def rows() -> Iterator[PromptCompletion]:
        for _ in range(4):
            sleep(0.2)
            yield PromptCompletion(prompt="a ->", completion=" b")

    with Loopback([[reply(200, FILE)]]) as server:
        async with client_of(server, timeout=0.6) as client:
            assert (await client.files.create(file=rows())).id == "file-1"


@pytest.mark.anyio
async def test_an_upload_has_no_deadline_but_may_not_stand_still() -> None:
    with Loopback([[HANG]]) as server:
        async with client_of(server, timeout=0.5, max_retries=0) as client:
            with pytest.raises(APITimeoutError, match=r"was not answered within 0\.5 s"):
                await client.files.create(file=ROW)


@pytest.mark.anyio
async def test_data_that_comes_slowly_counts_against_the_deadline() -> None:
    def rows() -> Iterator[PromptCompletion]:
        for _ in range(9):
            sleep(0.2)
            yield PromptCompletion(prompt="a ->", completion=" b" * 200_000)

    with Loopback([[reply(200, FILE)]]) as server:
        async with client_of(server) as client:
            began = monotonic()
            with pytest.raises(APITimeoutError):
                await client.files.create(file=rows(), timeout=0.5)
    assert monotonic() - began < 1.7


@pytest.mark.anyio
async def test_a_connection_that_does_not_come_up_is_given_up_before_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("openft._core.call.CONNECT", 0.3)
    with full_listener() as url:
        async with AsyncClient(base_url=url, api_key="sk-x", max_retries=0) as client:
            with pytest.raises(APITimeoutError, match=r"cannot connect to .* in time") as caught:
                await client.fine_tunes.create(training_file="file-1")
    assert caught.value.elapsed < 3


@pytest.mark.anyio
async def test_the_deadline_holds_for_all_attempts_together() -> None:
    with Loopback(lambda _: [Pause(0.3), again(500)]) as server:
        async with client_of(server, timeout=1, max_retries=50) as client:
            began = monotonic()
            with pytest.raises(APIError):
                await client.models.retrieve("ada")
    assert monotonic() - began < 3
    assert 2 <= len(server.requests) <= 4


@pytest.mark.anyio
async def test_the_timeout_of_a_call_overrides_that_of_the_client() -> None:
    with Loopback([[Pause(0.5), *GOOD]]) as server:
        async with client_of(server, timeout=0.1) as client:
            assert (await client.models.retrieve("ada", timeout=float("inf"))).id == "ada"


@pytest.mark.anyio
async def test_a_wrong_answer_of_the_api_itself_is_not_repeated() -> None:
    with Loopback([[reply(200, {"name": "ada"})], GOOD]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIResponseValidationError, match="id: Field required"):
                await client.models.retrieve("ada")


@pytest.mark.anyio
async def test_waiting_for_a_model_costs_no_retries_of_others() -> None:
    loading = refusal(429, code="model_not_ready", retry_after_ms="1")
    answers: list[Answer] = [*[[loading]] * 150, GOOD, [again(503)], GOOD]
    with Loopback(answers) as server:
        async with client_of(server) as client:
            await client.models.retrieve("ada")
            await client.models.retrieve("ada")
    assert len(server.requests) == 153
