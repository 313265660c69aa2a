"""What a terminal or a notebook shows of a client's objects: no key, and nothing is fetched for it."""

from __future__ import annotations

import pytest

from _async.support import MODEL, client_of, job
from loopback import CLOSE, DONE, Loopback, event, reply, stream
from openft import AsyncClient

LIST = reply(200, {"object": "list", "data": [MODEL], "has_more": True})
COMPLETION = {"id": "cmpl-1", "object": "text_completion", "choices": []}


@pytest.mark.anyio
async def test_looking_at_a_list_fetches_nothing() -> None:
    with Loopback([[LIST]]) as server:
        async with client_of(server) as client:
            models = client.models.list()
            if not server.requests:  # on threads a list is loaded as soon as it is asked for
                assert repr(models) == f"<{type(models).__name__} of /models, not loaded yet>"
                assert models._repr_html_() is None
            await models.load()
            assert repr(models) == f"<{type(models).__name__} of /models, 1 item on the first page>"
            shown = models._repr_html_()
    assert len(server.requests) == 1
    assert shown is not None
    assert "Model: the first 1 of 1 or more" in shown
    assert ">ada<" in shown


@pytest.mark.anyio
async def test_a_stream_says_what_it_is_and_whether_it_is_over() -> None:
    with Loopback([[stream(event(COMPLETION), DONE), CLOSE]]) as server:
        async with client_of(server) as client:
            pieces = await client.completions.create(model="ada", stream=True)
            assert repr(pieces) == f"<{type(pieces).__name__} of Completion, going on>"
            assert [piece.id async for piece in pieces] == ["cmpl-1"]
            assert repr(pieces) == f"<{type(pieces).__name__} of Completion, over>"


@pytest.mark.anyio
async def test_what_follows_a_job_says_how_far_it_is() -> None:
    ended = [reply(200, job("failed"))]
    with Loopback([[stream(DONE), CLOSE], ended, [reply(200, {"object": "list", "data": []})]]) as server:
        async with client_of(server) as client:
            async with client.fine_tunes.follow("ft-1") as left:
                name = type(left).__name__
                assert repr(left) == f"<{name}, going on>"
            assert repr(left) == f"<{name}, left>"
            events = client.fine_tunes.follow("ft-1")
            assert [event async for event in events] == []
            assert repr(events) == f"<{name} of ft-1, failed>"


@pytest.mark.anyio
async def test_a_client_and_its_resources_show_their_address_and_no_key() -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            jobs = client.fine_tuning.jobs
            shown = [client, client.files, client.chat.completions, client.webhooks, jobs, jobs.checkpoints]
            assert [repr(each) for each in shown] == [f"<{type(each).__name__} of {server.url}>" for each in shown]


@pytest.mark.anyio
async def test_a_resource_of_the_embedded_server_says_so_and_starts_none() -> None:
    async with AsyncClient.local(temporary=True) as client:
        assert repr(client.files) == f"<{type(client.files).__name__} of the embedded server>"
        assert client._transport is None
