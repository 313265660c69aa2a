"""Several jobs at a time, and no more than that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from functools import partial

import pytest

from openft._runtime import aio

place: ContextVar[str] = ContextVar("place", default="nowhere")


@pytest.mark.anyio
async def test_answers_come_in_the_order_of_the_jobs() -> None:
    async def job(number: int) -> int:
        await aio.sleep(0.02 if number == 0 else 0)
        return number

    assert await aio.gather(3, [partial(job, number) for number in range(5)]) == [0, 1, 2, 3, 4]


@pytest.mark.anyio
async def test_no_jobs_have_no_answers() -> None:
    jobs: list[Callable[[], Awaitable[int]]] = []
    assert await aio.gather(3, jobs) == []


@pytest.mark.anyio
@pytest.mark.parametrize("limit", [1, 4])
async def test_no_more_are_at_work_than_was_allowed(limit: int) -> None:
    at_work: set[int] = set()
    most: list[int] = []

    async def job(number: int) -> None:
        at_work.add(number)
        most.append(len(at_work))
        await aio.sleep(0.01)
        at_work.discard(number)

    await aio.gather(limit, [partial(job, number) for number in range(12)])
    assert max(most) == limit


@pytest.mark.anyio
async def test_a_job_is_made_when_there_is_a_place_for_it() -> None:
    made: list[int] = []
    ended: list[int] = []

    async def job(number: int) -> None:
        await aio.sleep(0)
        ended.append(number)

    def jobs() -> Iterator[Callable[[], Awaitable[None]]]:
        for number in range(9):
            assert number - len(ended) <= 3
            made.append(number)
            yield partial(job, number)

    await aio.gather(3, jobs())
    assert made == list(range(9))


@pytest.mark.anyio
async def test_a_failure_is_raised_as_it_is_and_ends_the_others() -> None:
    begun: list[int] = []
    ended: list[int] = []

    async def job(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise LookupError("one") from OSError("its cause")
        await aio.sleep(30)
        ended.append(number)

    with pytest.raises(LookupError, match="one") as caught:
        await aio.gather(2, [partial(job, number) for number in range(5)])
    assert isinstance(caught.value.__cause__, OSError)
    assert (begun, ended) == ([0, 1], [])


@pytest.mark.anyio
async def test_what_fails_in_making_the_jobs_ends_those_at_work() -> None:
    ended: list[int] = []

    async def job() -> None:
        await aio.sleep(30)
        ended.append(1)

    def jobs() -> Iterator[Callable[[], Awaitable[None]]]:
        yield job
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        await aio.gather(2, jobs())
    assert ended == []


@pytest.mark.anyio
async def test_a_job_knows_what_its_caller_has_set() -> None:
    async def job() -> str:
        aio.going_on()
        await aio.sleep(0)
        return place.get()

    place.set("here")
    assert await aio.gather(2, [job, job, job]) == ["here"] * 3
