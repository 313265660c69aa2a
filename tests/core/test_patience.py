"""How long a wait bears with a server that is away, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from openft._core.options import RequestOptions
from openft._core.patience import LONGEST, Patience, fresh, unheard
from openft.errors import APIConnectionError, APIError, APIResponseValidationError, APIStatusError, NotFoundError


def patient(now: Callable[[], float] = lambda: 0.0) -> Patience:
    return Patience(now, "job a")


def test_patience_grows_longer_until_there_are_news() -> None:
    patience = patient()
    error = APIConnectionError("x")
    assert [patience.lost(error) for _ in range(8)] == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    patience.found(news=False)
    assert patience.lost(error) == 8.0
    patience.found()
    assert patience.lost(error) == 0.25


@pytest.mark.parametrize(("asked", "pause"), [(30.0, 30.0), (0.0, 0.25), (500.0, 120.0)])
def test_patience_keeps_the_pause_that_a_server_asks_for(asked: float, pause: float) -> None:
    assert patient().lost(APIStatusError("x", status_code=503, retry_after=asked)) == pause


@pytest.mark.parametrize(
    "error", [NotFoundError("x", status_code=404), APIError("x"), APIResponseValidationError("x", status_code=200)]
)
def test_patience_ends_where_looking_again_would_not_help(error: APIError) -> None:
    with pytest.raises(type(error)):
        patient().lost(error)


def test_patience_bears_a_gateways_page() -> None:
    assert patient().lost(APIResponseValidationError("x", status_code=200, body="<html>soon</html>")) > 0


def test_patience_ends_after_ten_minutes_without_an_answer() -> None:
    time = [0.0]
    patience = patient(lambda: time[0])
    patience.lost(APIConnectionError("x"))
    time[0] = LONGEST
    patience.lost(APIConnectionError("x"))
    time[0] += 0.1
    with pytest.raises(
        APIConnectionError, match=r"nothing was heard of job a for 10 minutes \(x\); ask again, what was"
    ):
        patience.lost(APIConnectionError("x"))


def test_an_answer_begins_the_ten_minutes_anew() -> None:
    time = [0.0]
    patience = patient(lambda: time[0])
    patience.lost(APIConnectionError("x"))
    time[0] = LONGEST
    patience.found()
    patience.lost(APIConnectionError("x"))
    time[0] = 2 * LONGEST
    patience.lost(APIConnectionError("x"))
    time[0] += 0.1
    with pytest.raises(APIConnectionError):
        patience.lost(APIConnectionError("x"))


def test_a_loss_is_told_at_growing_distances_and_its_end_once(caplog: pytest.LogCaptureFixture) -> None:
    time = [0.0]
    patience = patient(lambda: time[0])
    with caplog.at_level("INFO", "openft"):
        for time[0] in range(301):
            patience.lost(APIStatusError("the key is sk-1", status_code=503))
        time[0] = 500.0
        patience.found()
        patience.found()
    seconds = [1, 15, 30, 60, 120, 240]
    assert [record.getMessage() for record in caplog.records] == [
        *(f"no news of job a for {passed} s: the server answered 503; looking again" for passed in seconds),
        "news of job a again after 500 s",
    ]
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 6 + ["INFO"]


def test_looking_again_is_not_told_where_it_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    time = [0.0]
    patience = patient(lambda: time[0])
    patience.lost(APIConnectionError("x"))
    time[0] = LONGEST + 1
    with pytest.raises(APIConnectionError):
        patience.lost(APIConnectionError("x"))
    assert caplog.records == []


def test_patience_that_has_given_up_begins_anew() -> None:
    time = [0.0]
    patience = patient(lambda: time[0])
    patience.lost(APIConnectionError("x"))
    time[0] = LONGEST + 1
    with pytest.raises(APIConnectionError):
        patience.lost(APIConnectionError("x"))
    assert patience.asking({}) == {}
    assert patience.lost(APIConnectionError("x")) == 0.25
    time[0] = 2 * LONGEST
    assert patience.lost(APIConnectionError("x")) == 0.5


def test_a_loss_of_less_than_a_second_is_told_without_its_time(caplog: pytest.LogCaptureFixture) -> None:
    patience = patient()
    patience.lost(APIConnectionError("x"))
    patience.lost(APIConnectionError("x"))
    assert [record.getMessage() for record in caplog.records] == ["no news of job a: x; looking again"]


def test_one_loss_alone_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    patience = patient()
    with caplog.at_level("INFO", "openft"):
        for _ in range(3):
            patience.lost(APIConnectionError("x"))
            patience.found(news=False)
    assert caplog.records == []


def test_looking_again_takes_the_place_of_retries_until_something_is_heard() -> None:
    patience = patient()
    given: RequestOptions = {"timeout": 3.0, "max_retries": 7}
    assert patience.asking(given) == given
    patience.lost(APIConnectionError("x"))
    assert patience.asking(given) == {"timeout": 3.0, "max_retries": 0}
    patience.heard()
    assert patience.asking(given) == given


def test_an_error_that_is_told_to_many_is_a_new_one_for_each() -> None:
    cause = ValueError("why")
    error = NotFoundError("no", status_code=404)
    error.__cause__ = cause
    for own, says in (
        (fresh(error), "no"),
        (unheard(error, "a"), "nothing was heard of a for 10 minutes (no); ask again, what was started goes on"),
    ):
        assert own is not error
        assert (type(own), str(own), own.message, own.status_code) == (NotFoundError, says, says, 404)
        assert own.__cause__ is cause
