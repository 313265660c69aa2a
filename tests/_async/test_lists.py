"""What waits differently: a list is fetched by awaiting it, or by looking at it."""

from __future__ import annotations

import pytest

from _async.support import MODEL, client_of
from loopback import Loopback, reply
from openft import ConfigError
from openft._runtime import aio

LIST = reply(200, {"object": "list", "data": [MODEL], "has_more": True})
LOADS_ITSELF = not hasattr(aio.Loadable, "__await__")
"""Whether looking is enough, as it is on threads."""


@pytest.mark.anyio
async def test_a_list_that_is_not_there_is_loaded_or_asks_to_be() -> None:
    with Loopback([[LIST]]) as server:
        async with client_of(server) as client:
            models = client.models.list()
            if LOADS_ITSELF:
                assert (models.has_more, [model.id for model in models.data]) == (True, ["ada"])
            else:
                with pytest.raises(ConfigError, match="has not been loaded yet; await it first"):
                    models.data  # noqa: B018


@pytest.mark.anyio
async def test_a_list_gives_its_first_page() -> None:
    with Loopback([[LIST]]) as server:
        async with client_of(server) as client:
            models = await client.models.list()
            assert ([model.id for model in models.data], models.has_more) == (["ada"], True)
            await models.load()
    assert len(server.requests) == 1
