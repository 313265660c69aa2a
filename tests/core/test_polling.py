"""The plan of the shared poller: whom to look at and when, and how far to page."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from openft._core.polling import Ending, Look, Waiter
from openft._core.sweep import FIRST_REST, LONGEST_REST, Listed, Row, Sweep, Walk
from openft.errors import APIConnectionError
from openft.types import FineTuningJob
from openft.types.page import Page

LOST = APIConnectionError("gone")


def waiter(*ids: str, poll: float = 10.0, due: float = 0.0, until: float = inf) -> Waiter[FineTuningJob]:
    return Waiter(set(ids), poll, until, due)


def row(id: str, created: int = 0, status: str = "running") -> Row:
    return {"id": id, "created_at": created, "status": status, "fine_tuned_model": "m"}


def walk(*ids: str, page: int | None = 2, **created: int) -> Walk:
    return Walk(set(ids), dict(created), set(), page, tells_why=True)


def test_nobody_is_looked_at_before_a_look_is_due() -> None:
    look = Look[FineTuningJob].at([waiter("a", due=30), waiter("b", due=20)], 15)
    assert (look.pause, look.ids, look.whole) == (5, set(), [])


def test_those_whose_look_is_due_soon_are_looked_at_with_the_others() -> None:
    now, soon, later = waiter("a", due=10), waiter("b", due=14), waiter("c", due=16)
    look = Look[FineTuningJob].at([now, soon, later], 10)
    assert (look.pause, look.ids) == (0, {"a", "b"})
    look.done(10, 11, {}, 1.0)
    assert (now.due, soon.due, later.due) == (20, 20, 16)


def test_notice_is_for_one_job_and_puts_no_look_off() -> None:
    heard = waiter("a", "b", due=50)
    heard.noticed |= {"a", "other"}
    look = Look[FineTuningJob].at([heard, waiter("c", due=40)], 10)
    assert (look.pause, look.ids, look.whole) == (0, {"a"}, [])
    look.done(10, 11, {}, 1.0)
    assert (heard.due, heard.noticed) == (50, set())


def test_notice_that_nobody_could_follow_is_given_back() -> None:
    heard = waiter("a", "b")
    heard.noticed.add("a")
    Look[FineTuningJob].at([heard], 10).undone()
    assert heard.noticed == {"a"}


def test_the_last_look_is_at_the_end_of_the_time() -> None:
    short = waiter("a", until=14)
    look = Look[FineTuningJob].at([short], 10)
    look.done(10, 10, {}, 1.0)
    assert (short.due, short.expired) == (14, False)
    Look[FineTuningJob].at([short], 14).done(14, 14, {}, 1.0)
    assert (short.due, short.expired) == (14, True)


def test_who_is_about_to_leave_is_not_looked_at_again() -> None:
    late = waiter("a", until=5)
    Look[FineTuningJob].at([late], 10).done(10, 10, {}, 1.0)
    assert Look[FineTuningJob].at([late, waiter("b", due=12)], 10).pause == 2


def test_an_ending_is_taken_once() -> None:
    two = waiter("a", "b")
    for id in ("a", "a", "c"):
        two.tell(Ending(id))
    assert (two.taken(), two.taken(), two.ids) == (Ending("a"), None, {"b"})


def test_a_job_is_never_neither_left_nor_found() -> None:
    class Telling(list[Any]):
        def append(self, ending: Any) -> None:
            assert ending.id in one.ids
            super().append(ending)

    one = waiter("a")
    one.found = Telling()
    one.tell(Ending("a"))
    assert (one.ids, one.found) == (set(), [Ending("a")])


def test_an_error_for_all_may_be_taken_by_two_threads_at_a_time() -> None:
    class Slow(Waiter[FineTuningJob]):
        """Between two of whose steps another thread takes the error."""

        def __getattribute__(self, name: str) -> Any:
            value = super().__getattribute__(name)
            if name == "failed":
                self.failed = None
            return value

    both = Slow({"a"}, 10.0, inf)
    both.failed = LOST
    with pytest.raises(type(LOST)):
        both.taken()
    assert both.taken() is None


def test_what_is_seen_again_is_borne_with_anew() -> None:
    one = waiter("a", "b")
    for now in (0, 400, 800, 1200):
        one.unseen({"a": LOST}, {"a", "b"}, now)
        assert one.lost is None
        one.unseen({}, {"a", "b"}, now + 200)
    assert not one.over
    one.unseen({"a": LOST}, {"a", "b"}, 2000)
    one.unseen({"b": LOST}, {"b"}, 2100)
    one.unseen({"a": LOST}, {"a", "b"}, 2601)
    told = one.taken()
    assert told is not None
    assert [told.id, type(told.error), one.ids] == ["a", type(LOST), {"a", "b"}]


# Pages of the list


@pytest.mark.parametrize("status", ["running", "succeeded", "new", None, "", 7])
def test_a_row_is_the_same_however_much_of_it_is_read(status: object) -> None:
    told = {**row("a", 9), "status": status}
    left = {"c", "d"} if isinstance(status, str) and status else {"a", "c", "d"}  # who says nothing is asked
    for page in (Page[Listed], Page[Any]):
        way = walk("a", "b", "c", "d")
        ended = way.turned(page.model_validate({"data": [told, row("b", 8)]}).data, more=True)
        assert ended == ([told] if status == "succeeded" else [])
        assert (way.after, way.left, way.created) == ("b", left, {"a": 9, "b": 8})


def test_a_walk_ends_when_all_are_seen() -> None:
    way = walk("a", "b", "c", "d")
    assert way.turned([row("a", 9), row("b", 8, "succeeded")], more=True) == [row("b", 8, "succeeded")]
    assert way.after == "b"
    way.turned([row("d", 7), row("c", 6)], more=True)
    assert [way.after, way.left] == [None, set()]
    assert way.created == {"a": 9, "b": 8, "d": 7, "c": 6}


def test_a_walk_goes_no_further_than_half_of_what_the_jobs_would_cost() -> None:
    way = walk("a", "b", "c", "d")
    for number in (9, 8):
        assert way.cost < 2
        way.turned([row(f"x{number}", number)], more=True)
    assert (way.after, way.left, way.cost) == (None, {"a", "b", "c", "d"}, 2)


@pytest.mark.parametrize(("last", "goes_on"), [(7, True), (5, True), (4, False)])
def test_a_walk_ends_behind_the_oldest_that_it_looks_for(last: int, goes_on: bool) -> None:
    way = walk("a", "b", "c", "d", "e", "f", a=6, b=5, c=8, d=8, e=8, f=8)
    way.turned([row("x", 9), row("y", last)], more=True)
    assert (way.after is not None) == goes_on


def test_the_age_of_a_row_says_nothing_where_the_oldest_come_first() -> None:
    way = walk("a", "b", "c", "d", a=6, b=6, c=6, d=6)
    way.turned([row("x", 1), row("y", 2)], more=True)
    assert way.after == "y"


def test_a_large_page_costs_as_much_as_several() -> None:
    way = walk("a", page=None)
    way.turned([row("x")] * 950, more=None)
    assert (way.cost, way.after) == (9.5, None)


def test_a_list_is_not_read_again_for_jobs_that_it_did_not_have() -> None:
    sweep, ids = Sweep(), {"a", "b", "c", "d", "e"}
    way = sweep.walk(ids, 2, tells_why=True)
    way.turned([row("a", 9), row("b", 8), row("c", 7), row("d", 6)], more=False)
    sweep.done(ids, way)
    assert sweep.worth(ids)
    way = sweep.walk(ids, 2, tells_why=True)
    way.turned([row("a", 9), row("b", 8), row("c", 7), row("d", 6)], more=True)
    assert (way.after, way.left) == (None, {"e"})


def test_a_list_that_costs_more_than_the_jobs_is_left_alone_until_others_join() -> None:
    sweep, ids = Sweep(), {"a", "b", "c", "d"}
    way = sweep.walk(ids, 2, tells_why=True)
    way.turned([row("x", 9), row("a", 8)], more=False)
    sweep.done(ids, way)
    assert not sweep.worth(ids)
    assert not sweep.worth(ids - {"a"})
    assert sweep.worth(ids | {"e"})


def test_a_few_jobs_are_not_worth_a_page() -> None:
    assert not Sweep().worth({"a", "b", "c"})


def test_a_host_without_a_list_is_asked_for_it_more_and_more_seldom() -> None:
    sweep, ids = Sweep(), set("abcdefgh")
    rests = []
    for _ in range(9):
        assert sweep.failed(passing=False)
        rests.append(sum(not sweep.worth(ids) for _ in range(LONGEST_REST + 1)))
    assert rests == [FIRST_REST * 2**number for number in range(7)] + [LONGEST_REST] * 2
    sweep.done(ids, walk())
    sweep.failed(passing=False)
    assert sum(not sweep.worth(ids | {"new"}) for _ in range(100)) == FIRST_REST


def test_a_list_that_fails_for_a_while_is_not_given_up_at_once() -> None:
    sweep = Sweep()
    assert [sweep.failed(passing=True) for _ in range(6)] == [False, False, True] * 2
