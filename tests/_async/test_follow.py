"""Following a job: every event once, oldest first, whatever happens to the connection."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest

from _async.jobs_host import Host, watching
from _async.support import OURS, client_of, job, told
from loopback import (
    CLOSE,
    DONE,
    HANG,
    RESET,
    Answer,
    Loopback,
    Pause,
    Received,
    Step,
    again,
    event,
    refusal,
    reply,
    stream,
)
from openft import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    AsyncClient,
    AuthenticationError,
    ConfigError,
    NotFoundError,
)
from openft.types import FineTuneEvent
from openft.types.info import ResponseInfo

STORY = [told(f"event {number}") for number in (1, 2, 3, 4)]
STORY[3] = STORY[2]  # two events may be equal
MESSAGES = ["event 1", "event 2", "event 3", "event 3"]
ENDED: list[Answer] = [
    [reply(200, job("succeeded", fine_tuned_model="ada:ft-me"))],
    [reply(200, {"object": "list", "data": STORY})],
]
RUNNING: Answer = [reply(200, job("running"))]
JOB = "GET /fine-tunes/ft-1"
STREAM = f"{JOB}/events?stream=true"


def replay(count: int, *end: bytes, ids: bool = False) -> bytes:
    """Return a stream that tells the story from its beginning, as far as this."""
    pieces = [event(told, number if ids else None) for number, told in enumerate(STORY[:count], 1)]
    return stream(*pieces, *end, **(OURS if ids else {}))


async def followed(client: AsyncClient, after: str | None = None) -> list[FineTuneEvent]:
    async with client.fine_tunes.follow("ft-1", after=after) as events:
        return [event async for event in events]


def hosting(streams: list[Answer]) -> Callable[[Received], Answer]:
    """Return a host of these streams in turn; the job runs until the last of them."""
    left = list(streams)

    def answer(request: Received) -> Answer:
        if "stream" in request.target:
            return left.pop(0)
        if request.path.endswith("/events"):
            return ENDED[1]
        return RUNNING if left else ENDED[0]

    return answer


async def messages(
    answers: list[Answer] | Callable[[Received], Answer], **options: object
) -> tuple[list[str], Loopback]:
    with Loopback(answers) as server:
        async with client_of(server, **options) as client:
            return [event.message for event in await followed(client)], server


@pytest.mark.anyio
async def test_a_stream_is_followed_to_its_end() -> None:
    with Loopback([[replay(4, DONE), CLOSE], *ENDED]) as server:
        async with client_of(server) as client, client.fine_tunes.follow("ft-1") as events:
            before = events.job
            assert before is None
            seen = [event async for event in events]
            assert events.job is not None
            assert events.job.fine_tuned_model == "ada:ft-me"
            assert [event async for event in events] == []
    assert [event.message for event in seen] == MESSAGES
    assert [event.cursor for event in seen] == ["1", "2", "3", "4"]
    assert str(seen[0]) == "event 1"
    assert server.asked == [
        "GET /fine-tunes/ft-1/events?stream=true",
        "GET /fine-tunes/ft-1",
        "GET /fine-tunes/ft-1/events",
    ]
    assert server.requests[0].headers["accept"] == "text/event-stream"
    assert "stream" not in server.requests[2].target


@pytest.mark.anyio
@pytest.mark.parametrize("status", ["failed", "cancelled"])
async def test_following_ends_quietly_whatever_becomes_of_the_job(status: str) -> None:
    with Loopback([[replay(1, DONE), CLOSE], [reply(200, job(status))], [reply(200, {"data": STORY[:1]})]]) as server:
        async with client_of(server) as client, client.fine_tunes.follow("ft-1") as events:
            assert [event.message async for event in events] == ["event 1"]
            assert events.job is not None
            assert events.job.status == status


@pytest.mark.anyio
@pytest.mark.parametrize("end", [CLOSE, RESET], ids=["fin", "reset"])
@pytest.mark.parametrize("ids", [False, True], ids=["plain", "ids"])
async def test_a_stream_may_be_dropped_anywhere(end: Step, ids: bool) -> None:
    whole = replay(4, DONE, ids=ids)
    head = whole.index(b"\r\n\r\n") + 4
    for cut in range(head, len(whole) - 8, 173):
        dropped: Answer = [whole[:cut], Pause(0.02), end]
        seen, server = await messages(hosting([dropped, [replay(4, DONE, ids=False), CLOSE]]))
        assert seen == MESSAGES
        assert server.asked[-3:] == [STREAM, JOB, f"{JOB}/events"]


@pytest.mark.anyio
async def test_our_server_goes_on_behind_what_was_seen() -> None:
    first: Answer = [replay(2, ids=True), CLOSE]
    second: Answer = [stream(event(STORY[2], 3), event(STORY[3], 4), DONE, **OURS), CLOSE]
    seen, server = await messages(hosting([first, second]))
    assert seen == MESSAGES
    streams = [request for request in server.requests if "stream" in request.target]
    assert [request.headers.get("last-event-id") for request in streams] == ["0", "2"]


@pytest.mark.anyio
async def test_ids_of_another_host_are_no_places() -> None:
    first: Answer = [stream(event(STORY[0], 1700), event(STORY[1]), event(STORY[2], 1700)), CLOSE]
    seen, _ = await messages(hosting([first, [replay(4, DONE), CLOSE]]))
    assert seen == MESSAGES


@pytest.mark.anyio
async def test_events_that_the_stream_did_not_tell_are_taken_from_the_list() -> None:
    seen, _ = await messages([[replay(1, DONE), CLOSE], *ENDED])
    assert seen == MESSAGES


@pytest.mark.anyio
@pytest.mark.parametrize("after", ["2", None, "", "0"])
async def test_following_goes_on_behind_a_saved_cursor(after: str | None) -> None:
    with Loopback([[replay(4, DONE), CLOSE], *ENDED]) as server:
        async with client_of(server) as client:
            seen = await followed(client, after)
    assert [event.cursor for event in seen] == ["1", "2", "3", "4"][2 if after == "2" else 0 :]


@pytest.mark.anyio
@pytest.mark.parametrize("after", ["nonsense", "-1", "1.5", "٢", "9" * 20, "ftevent-1", 2], ids=repr)
async def test_what_cannot_be_a_cursor_is_refused_before_anything_is_sent(after: Any) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(
                ConfigError, match=r"after must be the cursor of an event, .* not .*; pass event\.cursor"
            ):
                client.fine_tunes.follow("ft-1", after=after)
    assert server.requests == []


@pytest.mark.anyio
async def test_a_stream_may_end_without_done() -> None:
    seen, server = await messages([[replay(4), CLOSE], *ENDED])
    assert seen == MESSAGES
    assert server.asked == [STREAM, JOB, f"{JOB}/events"]


@pytest.mark.anyio
async def test_a_stream_that_breaks_again_without_news_ends_with_the_job() -> None:
    broken: Answer = [replay(4), Pause(0.05), RESET]
    seen, server = await messages([broken, broken, *ENDED])
    assert seen == MESSAGES
    assert server.asked == [STREAM, STREAM, JOB, f"{JOB}/events"]


@pytest.mark.anyio
@pytest.mark.parametrize("end", [RESET, CLOSE], ids=["reset", "fin"])
@pytest.mark.parametrize("lost", [JOB, f"{JOB}/events"], ids=["job", "events"])
async def test_a_stream_without_news_is_no_answer_for_ever(end: Step, lost: str) -> None:
    host = Host()

    def answer(request: Received) -> Answer:
        if "stream" in request.target:
            return [replay(1), Pause(0.01), end]
        return [refusal(503)] if f"GET {request.target.removeprefix('/v1')}" == lost else ENDED[0]

    with Loopback(answer) as server:
        async with watching(server, host, max_retries=0) as client, client.fine_tunes.follow("ft-1") as events:
            assert (await anext(events)).message == "event 1"
            with pytest.raises(APIError, match="nothing was heard of fine-tune ft-1 for 10 minutes"):
                await anext(events)
            assert len(server.requests) < 300
    assert 600 < host.ticks.passed < 640


@pytest.mark.anyio
@pytest.mark.parametrize("end", [RESET, CLOSE], ids=["reset", "fin"])
async def test_a_job_that_is_seen_to_run_is_followed_whatever_becomes_of_its_stream(end: Step) -> None:
    host = Host()

    def answer(request: Received) -> Answer:
        if "stream" in request.target:
            return [replay(1), Pause(0.01), end]
        over = host.ticks.passed > 2000
        return ENDED[1] if request.path.endswith("/events") else ENDED[0] if over else RUNNING

    with Loopback(answer) as server:
        async with watching(server, host) as client:
            assert [event.message for event in await followed(client)] == MESSAGES
        assert len(server.requests) < 600  # ever further apart


@pytest.mark.anyio
async def test_done_does_not_end_it_while_the_job_runs() -> None:
    answers: list[Answer] = [[replay(2, DONE), CLOSE], RUNNING, [replay(4, DONE), CLOSE], *ENDED]
    seen, server = await messages(answers)
    assert seen == MESSAGES
    assert [target for target in server.asked if "stream" in target] == ["GET /fine-tunes/ft-1/events?stream=true"] * 2


@pytest.mark.anyio
async def test_a_status_that_nobody_knows_is_not_the_end() -> None:
    answers: list[Answer] = [[replay(4, DONE), CLOSE], [reply(200, job("resting"))], [replay(4, DONE), CLOSE], *ENDED]
    seen, _ = await messages(answers)
    assert seen == MESSAGES


@pytest.mark.anyio
async def test_a_host_that_does_not_stream_is_asked_again_and_again() -> None:
    def listed(count: int) -> Answer:
        return [reply(200, {"object": "list", "data": STORY[:count]})]

    seen, server = await messages([listed(1), RUNNING, listed(3), RUNNING, listed(3), *ENDED])
    assert seen == MESSAGES
    assert len(server.requests) == 7


@pytest.mark.anyio
async def test_keep_alive_comments_are_no_events() -> None:
    pieces: Answer = [
        stream(b": ping\n\n", event(STORY[0]), b": ping\n\n"),
        Pause(0.1),
        b":\n\n",
        event(STORY[1]),
        DONE,
    ]
    seen, _ = await messages([[*pieces, CLOSE], *ENDED])
    assert seen == MESSAGES


@pytest.mark.anyio
async def test_a_silent_stream_is_opened_again() -> None:
    began = monotonic()
    seen, _ = await messages([[replay(2), HANG], [replay(4, DONE), CLOSE], *ENDED], timeout=0.5)
    assert seen == MESSAGES
    assert 0.4 < monotonic() - began < 5


@pytest.mark.anyio
@pytest.mark.parametrize(("wanted", "pause"), [(b"7000", 7), (b"0", 0.25), (b"999999999", 120), (b"soon", 0.25)])
@pytest.mark.parametrize("end", [RESET, CLOSE], ids=["reset", "fin"])
async def test_the_server_may_say_when_to_come_back_to_its_stream(wanted: bytes, pause: float, end: Step) -> None:
    host = Host()
    first: Answer = [replay(2, b"retry: " + wanted + b"\n\n"), Pause(0.02), end]
    with Loopback(hosting([first, [replay(4, DONE), CLOSE]])) as server:
        async with watching(server, host) as client:
            assert [event.message for event in await followed(client)] == MESSAGES
    assert host.ticks.passed == pause


@pytest.mark.anyio
@pytest.mark.parametrize("end", [RESET, CLOSE, DONE], ids=["reset", "fin", "done"])
async def test_what_the_server_says_of_coming_back_holds_for_every_connection(end: Step | bytes) -> None:
    host = Host()
    first: Answer = [replay(2, b"retry: 7000\n\n"), *([DONE, CLOSE] if end is DONE else [Pause(0.02), end])]
    second: Answer = [replay(3, DONE), CLOSE]
    away: list[Answer] = [[RESET], [refusal(503)], [refusal(503, retry_after="9")]]
    streams: list[Answer] = [first, *away, second, [replay(4, DONE), CLOSE]]

    with Loopback(hosting(streams)) as server:
        async with watching(server, host) as client:
            assert [event.message for event in await followed(client)] == MESSAGES
    assert host.ticks.passed == 7 + 7 + 7 + 9 + 7


@pytest.mark.anyio
async def test_a_server_that_is_away_for_a_while_is_waited_for() -> None:
    answers: list[Answer] = [[replay(2), RESET], *[[again(503)]] * 3, [RESET], [replay(4, DONE), CLOSE], *ENDED]
    seen, _ = await messages(answers)
    assert seen == MESSAGES


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"error": {"message": "the job is lost", "code": "gone"}}, "the job is lost"),
        ({"error": "the job is lost"}, "the job is lost"),
        ({"error": {"code": 5}}, "the server reported an error within the stream"),
    ],
    ids=range(3),
)
async def test_an_error_event_ends_it_with_that_error(payload: object, words: str) -> None:
    with Loopback([[stream(event(STORY[0]), event(payload)), HANG]]) as server:
        async with client_of(server) as client, client.fine_tunes.follow("ft-1") as events:
            assert (await anext(events)).message == "event 1"
            with pytest.raises(APIError, match=words):
                await anext(events)
            assert server.left.acquire(timeout=5)


@pytest.mark.anyio
@pytest.mark.parametrize("data", [b"data: {\n\n", b"data: []\n\n", b"data: " + b"[" * 100_000 + b"\n\n"], ids=range(3))
async def test_an_event_that_makes_no_sense_is_an_error(data: bytes) -> None:
    with Loopback([[stream(data), HANG]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIResponseValidationError, match="an event that is not what the API promises"):
                await followed(client)


@pytest.mark.anyio
@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (401, AuthenticationError)])
async def test_a_job_that_is_gone_is_the_servers_error(status: int, kind: type[APIError]) -> None:
    with Loopback([[replay(1), RESET], [refusal(status)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(kind):
                await followed(client)
    assert len(server.requests) == 2


@pytest.mark.anyio
async def test_leaving_early_closes_the_connection() -> None:
    with Loopback([[replay(2), HANG]]) as server:
        async with client_of(server) as client:
            async with client.fine_tunes.follow("ft-1") as events:
                async for seen in events:
                    assert seen.message == "event 1"
                    break
            assert server.left.acquire(timeout=5)
    assert server.asked == ["GET /fine-tunes/ft-1/events?stream=true"]


@pytest.mark.anyio
async def test_following_nothing_needs_no_connection() -> None:
    with Loopback([]) as server:
        async with client_of(server) as client, client.fine_tunes.follow("ft-1"):
            pass
    assert server.connections == 0


@pytest.mark.anyio
async def test_an_interruption_of_following_closes_the_connection() -> None:
    class Interruption(BaseException):
        pass

    async def interrupted(client: AsyncClient) -> None:
        async with client.fine_tunes.follow("ft-1") as events:
            async for _ in events:
                raise Interruption

    with Loopback([[replay(1), HANG]]) as server:
        async with client_of(server) as client:
            with pytest.raises(Interruption):
                await interrupted(client)
            assert server.left.acquire(timeout=5)


@pytest.mark.anyio
async def test_code_of_the_callers_that_fails_ends_it_and_closes_the_connection() -> None:
    def fail(_: ResponseInfo) -> None:
        raise LookupError

    with Loopback([[replay(1), HANG]]) as server:
        async with client_of(server, on_response=fail) as client:
            with pytest.raises(ConfigError, match="the on_response function failed"):
                await anext(client.fine_tunes.follow("ft-1"))
            assert server.left.acquire(timeout=5)


@pytest.mark.anyio
async def test_options_of_following_reach_every_request() -> None:
    with Loopback([[replay(4, DONE), CLOSE], *ENDED]) as server:
        async with client_of(server) as client:
            events = client.fine_tunes.follow("ft-1", extra_headers={"x-trace": "1"})
            assert [event.message async for event in events] == MESSAGES
    assert [request.headers.get("x-trace") for request in server.requests] == ["1"] * 3


@pytest.mark.anyio
async def test_the_events_so_far_have_cursors() -> None:
    with Loopback([[reply(200, {"object": "list", "data": STORY})]]) as server:
        async with client_of(server) as client:
            events = await client.fine_tunes.list_events("ft-1")
    assert [(event.message, event.cursor) for event in events] == list(zip(MESSAGES, "1234", strict=True))
    assert server.asked == ["GET /fine-tunes/ft-1/events"]


@pytest.mark.anyio
async def test_a_server_that_answers_without_news_is_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._core.patience.LONGEST", 0.4)
    short: Answer = [replay(1), CLOSE]
    seen, _ = await messages(hosting([short, short, short, [replay(4, DONE), CLOSE]]))
    assert seen == MESSAGES


@pytest.mark.anyio
async def test_a_stream_that_is_cut_now_and_then_is_no_loss_of_contact(caplog: pytest.LogCaptureFixture) -> None:
    seen, _ = await messages(hosting([[replay(1), RESET], [replay(2), RESET], [replay(2), RESET], [replay(4, DONE)]]))
    assert seen == MESSAGES
    assert [record for record in caplog.records if record.levelname != "INFO"] == []


@pytest.mark.anyio
async def test_a_server_that_is_given_up_is_told_with_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._core.patience.LONGEST", 0.0)
    with Loopback(lambda _: [RESET]) as server:
        async with client_of(server, max_retries=0) as client:
            with pytest.raises(APIConnectionError, match="nothing was heard of fine-tune ft-1 for 0 minutes"):
                await followed(client)


@pytest.mark.anyio
async def test_news_bring_the_looks_closer_again() -> None:
    began = monotonic()
    growing: list[Answer] = [[replay(count), CLOSE] for count in (1, 2, 3, 4)]
    seen, _ = await messages(hosting([*growing, [replay(4, DONE), CLOSE]]))
    assert seen == MESSAGES
    assert monotonic() - began < 2.5


@pytest.mark.anyio
async def test_a_lost_job_record_is_asked_for_again() -> None:
    answers: list[Answer] = [[replay(4, DONE), CLOSE], [refusal(500)], [replay(4, DONE), CLOSE], *ENDED]
    seen, _ = await messages(answers, max_retries=0)
    assert seen == MESSAGES


@pytest.mark.anyio
async def test_a_listed_story_loses_nothing_when_the_look_at_the_job_fails() -> None:
    listed: Answer = [reply(200, {"object": "list", "data": STORY[:2]})]
    seen, _ = await messages([listed, [RESET], listed, *ENDED], max_retries=0)
    assert seen == MESSAGES


@pytest.mark.anyio
async def test_a_fine_tune_that_does_not_say_how_far_it_is_ends_the_following() -> None:
    with Loopback([[replay(1), CLOSE], [reply(200, {"id": "ft-1"})]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIResponseValidationError, match="fine-tune ft-1 has no status"):
                await followed(client)
