"""What holds a key does not show it."""

from __future__ import annotations

import copy
import pickle
from math import inf
from typing import Any

import pytest

from loopback import KEY
from openft import AsyncClient, Client, ConfigError
from openft._core.call import outgoing, plan
from openft._core.outgoing import bare
from openft._core.request import Request
from openft._core.retry import Attempt, Bucket, Policy
from openft.config import Address, Secret, Settings, address, hidden
from openft.types import Model
from secrets_seen import shown

SETTINGS = Settings("http://127.0.0.1:1/v1", Secret(KEY))


def made(client: Any, key: Any) -> BaseException:
    """Return the error of a client that cannot be made; the frames of the test have no key in them."""
    with pytest.raises(ConfigError) as caught:
        client(base_url="http://127.0.0.1:1/v1", api_key=key())
    return caught.value


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize(
    "key",
    [lambda: f"{KEY}\r\nx: y", lambda: f" {KEY}", lambda: f"{KEY}한", lambda: KEY.encode(), lambda: {"key": KEY}],
    ids=["crlf", "blank", "korean", "bytes", "mapping"],
)
def test_a_key_that_is_refused_is_not_shown(client: Any, key: Any) -> None:
    error = made(client, key)
    assert shown(error) == []


def test_a_key_of_the_environment_that_is_refused_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
    with pytest.raises(ConfigError) as caught:
        Client()
    assert shown(caught.value) == []


def test_a_key_that_is_refused_is_called_by_its_kind() -> None:
    with pytest.raises(ConfigError, match="must be a str, not bytes"):
        address(None, hidden(KEY.encode()))  # type: ignore[arg-type]


def attempt() -> Attempt:
    made = Policy(attempts=1, creates=False, limit=inf, bucket=Bucket()).begin(knows_keys=False)
    made.secret = KEY
    made.headers = {"x-echo": KEY}
    return made


def test_no_value_on_the_way_to_the_wire_shows_the_key() -> None:
    call = plan(Request("GET", "/models/ada", Model), {}, SETTINGS)
    going = outgoing(call, SETTINGS.base_url, attempt())
    assert going.headers["authorization"] == f"Bearer {KEY}"
    things = [SETTINGS, Address("http://x/v1", KEY, is_openai=False), call, going, attempt(), hidden(KEY)]
    assert not [
        thing for thing in things if KEY in repr(thing) + str(vars(thing) if hasattr(thing, "__dict__") else "")[:0]
    ]


@pytest.mark.parametrize("way", [pickle.dumps, copy.deepcopy])
@pytest.mark.parametrize("thing", [SETTINGS, Secret(KEY)], ids=["settings", "key"])
def test_a_key_cannot_be_copied_into_another_process(thing: object, way: Any) -> None:
    with pytest.raises(TypeError, match="a key cannot be pickled"):
        way(thing)


def test_a_key_is_a_text_like_any_other() -> None:
    assert hidden(KEY) == KEY
    assert f"Bearer {hidden(KEY)}" == f"Bearer {KEY}"
    assert SETTINGS._replace(timeout=1).api_key == KEY
    assert hidden(None) is None
    assert hidden(made) is made


def test_a_client_shows_no_key_and_is_not_pickled() -> None:
    with Client(base_url="http://127.0.0.1:1/v1", api_key=KEY) as client:
        again = client.with_options(api_key=f"{KEY}-2", timeout=5)
        for thing in (client, again, client.transport, again.transport):
            assert KEY not in repr(thing)
            with pytest.raises(TypeError):
                pickle.dumps(thing)


def test_all_that_led_to_a_failure_is_made_bare() -> None:
    first = ValueError("first", KEY, 5)
    with pytest.raises(ConnectionError) as caught:
        fail(first)
    error = bare(caught.value, KEY)
    assert error.__cause__ is not None
    assert error.__traceback__ is error.__cause__.__traceback__ is None
    assert (str(error), first.args) == ("with …", ("first", "…", "5"))


def fail(first: Exception) -> None:
    try:
        raise ExceptionGroup("several", [OSError(1, "refused"), first])  # noqa: TRY301
    except ExceptionGroup as group:
        raise ConnectionError(f"with {KEY}") from group
