"""Answers and failures as values: what is tested here needs no network."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from openft._core.answer import Raw, as_mapping
from openft._core.faults import event_error, retry_after, status_error, without
from openft._core.progress import LEAST, WINDOW, Progress
from openft._core.retry import AttemptFailed, Bucket, Failure, Policy, pause, refused, worth_repeating
from openft.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
)

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 13:00:30 +0100"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 -0000"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2020 12:00:30 GMT"}, 0.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Sun, 99 Nov 2026 12:00:30 GMT"}, None),
        ({"retry-after": "1e10"}, 1e10),
    ],
    ids=str,
)
def test_the_pause_that_a_server_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_a_date_is_counted_from_now() -> None:
    assert retry_after({"retry-after": "Sun, 22 Nov 2020 12:00:30 GMT"}) == 0.0


def failure(status: int, doubt: bool = False, hint: bool | None = None, code: str | None = None) -> Failure:
    return Failure(APIStatusError("x", status_code=status, code=code), doubt, hint)


@pytest.mark.parametrize(
    ("case", "creates", "knows_keys", "wanted"),
    [
        (failure(503), False, False, True),
        (failure(503), True, False, True),
        (failure(503, doubt=True), True, False, False),
        (failure(503, doubt=True), True, True, True),
        (failure(503, hint=False), False, False, False),
        (failure(503, hint=False), True, True, False),
        (failure(400, hint=True), False, False, True),
        (failure(500, doubt=True, hint=True), True, False, False),
        (failure(500, doubt=True, hint=True), True, True, True),
        (failure(404), False, False, False),
        (failure(501), False, False, False),
        (failure(409), False, False, False),
        (failure(409, code="lock_timeout"), False, False, True),
        (failure(409), True, False, True),
        (failure(429, code="insufficient_quota"), False, False, False),
        (Failure(APIConnectionError("x"), doubt=True), False, False, True),
        (Failure(APIConnectionError("x"), doubt=True), True, False, False),
        (Failure(APIConnectionError("x"), doubt=False), True, False, True),
        (Failure(APITimeoutError("x"), doubt=True), True, True, True),
        (Failure(APIResponseValidationError("x", body="<html>"), doubt=True), False, False, True),
        (Failure(APIResponseValidationError("x", body=" {"), doubt=True), False, False, False),
        (Failure(APIResponseValidationError("x", body="[]"), doubt=True), False, False, False),
        (Failure(APIResponseValidationError("x"), doubt=True), False, False, False),
        (Failure(APIResponseValidationError("x", body="<html>"), doubt=True), True, True, False),
        (Failure(APIError("x"), doubt=True), False, False, False),
    ],
    ids=range(25),
)
def test_which_failures_are_worth_another_attempt(case: Failure, creates: bool, knows_keys: bool, wanted: bool) -> None:
    assert worth_repeating(case, creates=creates, knows_keys=knows_keys) is wanted


@pytest.mark.parametrize(
    ("status", "asked", "doubt"),
    [
        *[(status, None, False) for status in (400, 409, 425, 429)],
        *[(status, 1.0, True) for status in (408, 500, 502, 504, 529, 302)],
        (503, None, True),
        (503, 1.0, False),
        (None, None, True),
    ],
)
def test_which_answers_leave_doubt(status: int | None, asked: float | None, doubt: bool) -> None:
    assert refused(APIError("x", status_code=status, retry_after=asked), {}).doubt is doubt


@pytest.mark.parametrize(("value", "hint"), [("true", True), ("false", False), ("True", True), ("", None), ("1", None)])
def test_the_servers_hint_is_one_of_two_words(value: str, hint: bool | None) -> None:
    assert refused(APIError("x"), {"x-should-retry": value}).hint is hint


@pytest.mark.parametrize(("attempt", "most"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (6, 8.0), (2000, 8.0)])
def test_pauses_grow_with_full_jitter(attempt: int, most: float) -> None:
    pauses = [pause(failure(500), attempt) for _ in range(300)]
    assert 0 <= min(pauses) < most / 4
    assert most * 3 / 4 < max(pauses) <= most


@pytest.mark.parametrize(("asked", "wanted"), [(0.0, 0.0), (119.0, 119.0), (120.0, 120.0), (120.1, float("inf"))])
def test_a_pause_that_was_asked_for_is_kept_or_left_to_the_caller(asked: float, wanted: float) -> None:
    assert pause(Failure(APIStatusError("x", retry_after=asked), doubt=False), 1) == wanted


def test_the_bucket_pays_for_a_hundred_retries_or_half_as_many_timeouts() -> None:
    for error, count in ((APIConnectionError("x"), 100), (APITimeoutError("x"), 50)):
        bucket = Bucket()
        taken = [bucket.take(Failure(error, doubt=True)) for _ in range(count + 1)]
        assert taken == [True] * count + [False]
        for _ in range(10):
            bucket.refill()
        assert bucket.take(Failure(error, doubt=True))


def test_the_bucket_does_not_overflow() -> None:
    bucket = Bucket()
    bucket.refill()
    assert bucket.tokens == bucket.capacity


def test_a_policy_without_a_failure_neither_waits_nor_retries() -> None:
    from tenacity import RetryCallState, Retrying

    policy = Policy(attempts=3, creates=False, limit=5, bucket=Bucket())
    state = RetryCallState(Retrying(), None, (), {})
    assert (policy.retry(state), policy.wait(state)) == (False, 0.0)
    state.set_exception((ValueError, ValueError("x"), None))
    assert (policy.retry(state), policy.wait(state)) == (False, 0.0)
    assert str(AttemptFailed(failure(500))) == "x"


def test_an_error_within_a_gateway_does_not_unsay_that_the_server_keeps_keys() -> None:
    attempt = Policy(attempts=3, creates=True, limit=5, bucket=Bucket()).begin(knows_keys=False)
    assert not attempt.heard(500, {})
    assert attempt.heard(500, {"openft-version": "1"})
    assert attempt.heard(502, {})
    assert not attempt.heard(200, {})


# Texts


def test_a_secret_is_blotted_out_of_every_part_of_an_error() -> None:
    error = APIError(
        "a SECRETKEY b",
        code="SECRETKEY",
        param="SECRETKEY",
        type="SECRETKEY",
        request_id="SECRETKEY",
        body={"SECRETKEY": ["SECRETKEY", {"a": "xSECRETKEY"}], "n": 1},
    )
    assert "SECRETKEY" not in repr(vars(without(error, "SECRETKEY"))) + str(error) + repr(error)
    assert (error.body, error.message) == ({"…": ["…", {"a": "x…"}], "n": 1}, "a … b")


@pytest.mark.parametrize("key", ["", "k", "sk-mine"])
def test_a_key_too_short_to_guard_anything_leaves_texts_whole(key: str) -> None:
    assert without(APIError("the checkpoint sk-mine is gone"), key).message == "the checkpoint sk-mine is gone"


def test_an_error_event_without_words_says_so() -> None:
    error = event_error({"error": {"code": "x"}})
    assert (str(error), error.code) == ("the server reported an error within the stream", "x")


def test_what_is_no_object_has_no_fields() -> None:
    assert (as_mapping([1]), as_mapping(None), as_mapping({"a": 1})) == ({}, {}, {"a": 1})


def test_the_request_id_may_have_its_old_name() -> None:
    assert status_error(Raw(404, {"request-id": "req-1"}, b"")).request_id == "req-1"


# Moving


def test_a_body_that_keeps_moving_goes_on() -> None:
    progress = Progress(0)
    for now in range(1, 200):
        progress.passed(LEAST // 29 + 1, now)


def test_a_body_that_crawls_is_given_up() -> None:
    progress = Progress(0)
    progress.passed(LEAST, WINDOW)
    progress.passed(100, WINDOW * 1.5)
    with pytest.raises(APITimeoutError, match="only 200 bytes came in 31 s"):
        progress.passed(100, WINDOW * 2 + 1)
