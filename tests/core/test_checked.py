"""What callers pass along with a call: written exactly so, or refused."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from openft._core import checked
from openft.errors import ConfigError


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        ({}, ""),
        ({"a": None}, ""),
        ({"a": "1 &=한\n"}, "?a=1+%26%3D%ED%95%9C%0A"),
        ({"a": 5, "b": 0.5, "c": True, "d": False}, "?a=5&b=0.5&c=true&d=false"),
        ({"metadata[a]": "b"}, "?metadata%5Ba%5D=b"),
        ({5: "a"}, "?5=a"),
    ],
    ids=str,
)
def test_a_query_takes_texts_and_numbers(fields: Any, query: str) -> None:
    assert checked.query(fields) == query


def test_headers_have_names_in_lower_case_and_a_value() -> None:
    given = {"X-One": "a", "x_two": "b", "X-None": None, "X-Empty": ""}
    assert checked.headers(given) == {"x-one": "a", "x_two": "b"}
    assert checked.headers(None) == {}


@pytest.mark.parametrize("name", ["Authorization", "CONTENT-LENGTH", "Transfer-Encoding", "Expect", "upgrade"])
def test_a_header_that_is_the_clients_to_say_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="it is for the client to say"):
        checked.headers({name: "x"})


@pytest.mark.parametrize(
    ("given", "limit"), [(5, 5.0), (0.1, 0.1), (inf, inf), (1e9, inf), (10**400, inf), (1e8, 1e8)], ids=str
)
def test_a_timeout_of_decades_is_none(given: float, limit: float) -> None:
    assert checked.seconds(given) == limit


@pytest.mark.parametrize("given", [0, -1, nan, -inf, "5", None, True], ids=str)
def test_what_is_no_time_is_no_timeout(given: object) -> None:
    with pytest.raises(ConfigError, match="timeout must be a positive number"):
        checked.seconds(given)
