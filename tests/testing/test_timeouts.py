"""How long a call waits for an answer, in the time of the API."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from openft import APITimeoutError, InternalServerError
from openft.testing import FakeAPI, Slow, Status
from testing.asking import ROWS, raw

WHOLE: dict[str, Any] = {"file": ROWS, "filename": "a.jsonl", "mime_type": "text/jsonl", "purpose": "fine-tune"}
PARTS: dict[str, Any] = {**WHOLE, "part_size": 40, "parallel": 1}


def test_a_slow_answer_takes_the_time_of_the_api(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    openft_api.fail_next(Slow(50))
    before = openft_api.now
    assert client.models.list(timeout=55).data
    assert openft_api.now - before == pytest.approx(50)


def test_an_answer_that_is_too_slow_is_none(openft_api: FakeAPI) -> None:
    openft_api.fail_next(Slow(70), times=3)
    began = time.monotonic()
    with pytest.raises(APITimeoutError):
        openft_api.client().models.list(timeout=5).data  # noqa: B018
    assert time.monotonic() - began < 4


def test_a_calls_timeout_counts_the_time_of_the_api_over_all_attempts(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    happened = openft_api.fail_next(Slow(30))
    before = openft_api.now
    with pytest.raises(APITimeoutError, match="within 10 s") as caught:
        client.models.retrieve("ada", timeout=10)
    assert (happened.hits, caught.value.attempts) == (1, 1)
    assert openft_api.now - before == pytest.approx(10)
    assert caught.value.elapsed == pytest.approx(10, abs=5)
    assert client.models.retrieve("ada").id == "ada"


def test_a_pause_that_would_outlast_the_timeout_is_not_begun(openft_api: FakeAPI) -> None:
    happened = openft_api.fail_next(Status(503, retry_after=20), times=2)
    with pytest.raises(InternalServerError):
        openft_api.client().models.retrieve("ada", timeout=30)
    assert happened.hits == 2


@pytest.mark.anyio
async def test_a_slow_answer_has_the_time_that_earlier_attempts_have_left(openft_api: FakeAPI) -> None:
    openft_api.fail_next(Status(503, retry_after=5))
    openft_api.fail_next(Slow(8))
    async with openft_api.async_client() as client:
        with pytest.raises(APITimeoutError):
            await client.models.retrieve("ada", timeout=10)


def test_time_that_others_let_pass_is_not_the_calls(openft_api: FakeAPI) -> None:
    openft_api.fail_next(Status(503))
    client = openft_api.client(on_response=lambda _: openft_api.advance(hours=3))
    assert client.models.retrieve("ada", timeout=30).id == "ada"


def test_time_that_others_let_pass_is_not_that_of_an_upload_in_parts(openft_api: FakeAPI) -> None:
    client = openft_api.client(on_response=lambda _: openft_api.advance(minutes=10))
    sent = client.uploads.upload_file_chunked(timeout=30, **PARTS)
    assert sent.status == "completed"


def test_an_upload_in_parts_has_one_timeout_for_all_requests(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    openft_api.fail_next(Slow(20), path="/uploads")
    openft_api.fail_next(Slow(20), path="/uploads/*/parts")
    before = openft_api.now
    with pytest.raises(APITimeoutError):
        client.uploads.upload_file_chunked(timeout=30, **WHOLE)
    assert openft_api.now - before == pytest.approx(30, abs=1)


def test_a_part_has_the_time_that_earlier_parts_have_left(openft_api: FakeAPI) -> None:
    happened = openft_api.fail_next(Slow(20), path="/uploads/*/parts", times=3)
    with pytest.raises(APITimeoutError):
        openft_api.client().uploads.upload_file_chunked(timeout=50, **PARTS)
    assert happened.hits == 3


@pytest.mark.anyio
async def test_a_part_has_the_time_that_earlier_parts_have_left_on_an_event_loop(openft_api: FakeAPI) -> None:
    happened = openft_api.fail_next(Slow(20), path="/uploads/*/parts", times=3)
    async with openft_api.async_client() as client:
        with pytest.raises(APITimeoutError):
            await client.uploads.upload_file_chunked(timeout=50, **PARTS)
    assert happened.hits == 3


def test_the_last_request_of_an_upload_has_the_time_that_the_parts_have_left(openft_api: FakeAPI) -> None:
    openft_api.fail_next(Slow(12), path="/uploads/*/parts", times=3)
    openft_api.fail_next(Status(503, retry_after=20), path="/uploads/*/complete")
    with pytest.raises(InternalServerError):
        openft_api.client().uploads.upload_file_chunked(timeout=50, **PARTS)


def test_a_slow_answer_is_really_slow_for_a_client_that_does_not_skip(openft_api: FakeAPI) -> None:
    http = httpx.Client(transport=openft_api.transport(skip=False), timeout=0.02)
    openft_api.fail_next(Slow(60))
    before = openft_api.now
    with pytest.raises(httpx.ReadTimeout):
        http.get("http://testing/v1/models")
    assert openft_api.now == before


def test_a_silent_stream_is_given_up(openft_api: FakeAPI) -> None:
    ask = raw(openft_api, skip=False)
    job = ask.fine_tune()
    with (
        ask.http.stream("GET", f"/fine-tunes/{job}/events?stream=true", timeout=0.05) as answer,
        pytest.raises(httpx.ReadTimeout),
    ):
        answer.read()
