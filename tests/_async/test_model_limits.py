"""What an organisation may still train: no host documents the shape, so all are taken."""

from __future__ import annotations

from typing import Any

import pytest

from _async.support import client_of
from loopback import Loopback, refusal, reply
from openft import NotFoundError

ENTRY = {"model": "gpt-4o-mini", "max_jobs": 3}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("sent", "data"),
    [
        ({"object": "list", "data": [ENTRY]}, [ENTRY]),
        ([ENTRY], [ENTRY]),
        ({"data": None}, []),
        ({}, []),
        ({"gpt-4o-mini": {"max_jobs": 3}}, []),
    ],
)
async def test_limits_are_taken_as_they_come(sent: Any, data: list[Any]) -> None:
    with Loopback([[reply(200, sent)]]) as server:
        async with client_of(server) as client:
            limits = await client.fine_tuning.model_limits()
    assert server.requests[0].target == "/v1/fine_tuning/model_limits"
    assert limits.data == data
    if isinstance(sent, dict) and "gpt-4o-mini" in sent:
        assert limits.to_dict() == sent


@pytest.mark.anyio
async def test_a_host_that_knows_no_limits_says_so() -> None:
    with Loopback([[refusal(404)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(NotFoundError):
                await client.fine_tuning.model_limits()
