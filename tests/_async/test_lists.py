"""Lists: looked at, which waits differently, or gone through page by page."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from _async.support import MODEL, client_of
from loopback import Answer, Loopback, refusal, reply
from openft import APIResponseValidationError, ConfigError, PermissionDeniedError
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


def page(*ids: str, **fields: object) -> Answer:
    """Return a page of jobs."""
    return [reply(200, {"object": "list", "data": [{"id": each, "status": "running"} for each in ids], **fields})]


FULL = [f"ftjob-{number}" for number in range(10)]


async def listed(*pages: Answer, **options: Any) -> tuple[list[str], list[str]]:
    """Return the ids of all jobs, and where each page was asked for."""
    with Loopback(pages) as server:
        async with client_of(server) as client:
            jobs = [job.id async for job in client.fine_tuning.jobs.list(**options)]
    return jobs, [target.partition("?")[2] for target in server.asked]


@pytest.mark.anyio
async def test_an_empty_page_is_the_end_whatever_it_says() -> None:
    jobs, asked = await listed(page("a", has_more=True), page(has_more=True))
    assert (jobs, asked) == (["a"], ["", "after=a"])


@pytest.mark.anyio
async def test_a_short_page_that_does_not_say_is_the_last() -> None:
    assert await listed(page("a", "b"), limit=3) == (["a", "b"], ["limit=3"])
    assert await listed(page("a", "b", has_more=None)) == (["a", "b"], [""])


@pytest.mark.anyio
async def test_a_full_page_that_does_not_say_is_not() -> None:
    jobs, asked = await listed(page("a", "b"), page("c", "d"), page("e"), limit=2)
    assert (jobs, asked) == (["a", "b", "c", "d", "e"], ["limit=2", "after=b&limit=2", "after=d&limit=2"])
    jobs, asked = await listed(page(*FULL), page("a"))
    assert (jobs, asked) == ([*FULL, "a"], ["", "after=ftjob-9"])


@pytest.mark.anyio
async def test_a_server_that_knows_no_pages_and_does_not_say_so_sends_all_at_once() -> None:
    jobs, asked = await listed(page(*FULL), page(*FULL))
    assert (jobs, asked) == (FULL, ["", "after=ftjob-9"])


@pytest.mark.anyio
async def test_a_list_that_is_not_asked_for_in_pages_has_one() -> None:
    models = [{**MODEL, "id": name} for name in FULL]
    with Loopback([[reply(200, {"object": "list", "data": models})]]) as server:
        async with client_of(server) as client:
            assert [model.id async for model in client.models.list()] == FULL
    assert server.asked == ["GET /models"]


@pytest.mark.anyio
async def test_pages_in_a_circle_are_an_error() -> None:
    circle = [page("a", has_more=True), page("b", has_more=True), page("a", has_more=True)]
    with pytest.raises(APIResponseValidationError, match="the same page again and again"):
        await listed(*circle)


@pytest.mark.anyio
async def test_a_page_that_cannot_be_gone_on_from_is_an_error() -> None:
    with pytest.raises(APIResponseValidationError, match="the last item of a page has no id"):
        await listed(page("a", "", has_more=True))


@pytest.mark.anyio
async def test_a_page_may_say_what_the_next_begins_behind() -> None:
    jobs, asked = await listed(page("a", "", has_more=True, last_id="z"), page("b", ""))
    assert (jobs, asked) == (["a", "", "b", ""], ["", "after=z"])


@pytest.mark.anyio
async def test_a_list_goes_on_behind_what_was_seen() -> None:
    jobs, asked = await listed(page("b", has_more=True), page("c", has_more=False), after="a", limit=1)
    assert (jobs, asked) == (["b", "c"], ["after=a&limit=1", "after=b&limit=1"])


@pytest.mark.anyio
async def test_items_that_have_come_are_kept_though_the_next_page_fails() -> None:
    with Loopback([page("a", has_more=True), [refusal(403, "enough")]]) as server:
        async with client_of(server) as client:
            items = client.fine_tuning.jobs.list().__aiter__()
            assert (await anext(items)).id == "a"
            with pytest.raises(PermissionDeniedError, match="enough"):
                await anext(items)


@pytest.mark.anyio
async def test_no_page_is_kept_behind_the_first() -> None:
    pages = [page(f"{number}", has_more=number < 5) for number in range(6)]
    with Loopback(pages) as server:
        async with client_of(server) as client:
            seen = [weakref.ref(job) async for job in client.fine_tuning.jobs.list()]
    gc.collect()
    assert [each() is None for each in seen[:-1]] == [True] * 5
