"""Following a job: server-sent events, byte by byte."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.running import Running, error_of, messages, script, settings_for


def stream(server: Running, job_id: str, query: str = "stream=true", **headers: str) -> str:
    answer = server.http.get(f"/fine-tunes/{job_id}/events?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    return answer.text


def events_in(text: str) -> list[tuple[int, dict[str, Any]]]:
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if "id" in lines:
            found.append((int(lines["id"]), json.loads(lines["data"])))
    return found


def test_a_stream_has_every_event_once_and_ends_with_done(server: Running) -> None:
    job_id = server.fine_tune(script(epochs=3, pause=0.1))
    text = stream(server, job_id)
    job = server.job(job_id)
    assert [event["message"] for _, event in events_in(text)] == messages(job)
    assert [position for position, _ in events_in(text)] == list(range(1, len(job["events"]) + 1))
    assert [event for _, event in events_in(text)] == job["events"]
    assert text.endswith("\n\ndata: [DONE]\n\n")


def test_a_finished_job_is_told_again_from_the_start(server: Running) -> None:
    job_id = server.fine_tune()
    server.finished(job_id)
    assert stream(server, job_id) == stream(server, job_id)
    assert len(events_in(stream(server, job_id))) == len(server.job(job_id)["events"])


@pytest.mark.parametrize("how", ["after", "header"])
def test_a_stream_goes_on_behind_an_event(server: Running, how: str) -> None:
    job_id = server.fine_tune()
    server.finished(job_id)
    if how == "after":
        text = stream(server, job_id, "stream=true&after=4")
    else:
        text = stream(server, job_id, **{"last-event-id": "4"})
    assert events_in(text) == events_in(stream(server, job_id))[4:]


def test_without_stream_the_events_are_a_list(server: Running) -> None:
    job_id = server.fine_tune()
    job = server.finished(job_id)
    for query in ("", "?stream=false"):
        assert server.http.get(f"/fine-tunes/{job_id}/events{query}").json() == {
            "object": "list",
            "data": job["events"],
        }
    assert server.http.get(f"/fine-tunes/{job_id}/events?after=3").json()["data"] == job["events"][3:]


@pytest.mark.parametrize(
    ("query", "param"), [("after=x", "after"), ("after=" + "9" * 20, "after"), ("stream=maybe", "stream")]
)
def test_a_query_that_makes_no_sense_is_a_400(server: Running, query: str, param: str) -> None:
    job_id = server.fine_tune()
    answer = server.http.get(f"/fine-tunes/{job_id}/events?{query}")
    assert answer.status_code == 400
    assert error_of(answer)["param"] == param


def test_a_silent_stream_sends_comments(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, ping_seconds=0.05)) as server:
        job_id = server.fine_tune(script(epochs=1, pause=0.5))
        text = stream(server, job_id)
    assert text.count(": ping\n\n") >= 3
    assert messages_of(text)[-1] == "Fine-tune succeeded"


def test_events_arrive_while_the_job_runs(server: Running) -> None:
    job_id = server.fine_tune(script(epochs=2, pause=0.4))
    arrivals: list[float] = []
    with server.http.stream("GET", f"/fine-tunes/{job_id}/events?stream=true") as answer:
        arrivals += [time.monotonic() for line in answer.iter_lines() if "Completed epoch" in line]
    assert 0.25 < arrivals[1] - arrivals[0] < 2


def test_a_stream_ends_without_done_when_its_job_is_deleted(server: Running) -> None:
    blocker = server.fine_tune(script(epochs=100, pause=0.1))
    waiting = server.fine_tune()
    texts: list[str] = []
    listener = threading.Thread(target=lambda: texts.append(stream(server, waiting)))
    listener.start()
    time.sleep(0.2)
    with server.database.write() as connection:  # no call can delete a job without ending it before
        from openft.server.store import jobs

        jobs.remove(connection, waiting.removeprefix("ft-"))
    server.http.post(f"/fine-tunes/{blocker}/cancel")
    listener.join(10)
    assert "[DONE]" not in texts[0]


def test_a_stopping_server_ends_its_streams(tmp_path: Path) -> None:
    texts: list[str] = []
    with Running(settings_for(tmp_path)) as server:
        job_id = server.fine_tune(script(epochs=100, pause=0.1))
        listener = threading.Thread(
            target=lambda: texts.append(
                httpx.get(
                    f"{server.url}/fine-tunes/{job_id}/events?stream=true",
                    headers={"authorization": "Bearer sk-owner-key"},
                    timeout=20,
                ).text
            )
        )
        listener.start()
        time.sleep(0.3)
        begun = time.monotonic()
    listener.join(10)
    assert time.monotonic() - begun < 5
    assert "Fine-tune started" in texts[0]
    assert "[DONE]" not in texts[0]


def test_a_listener_that_leaves_is_forgotten(server: Running) -> None:
    job_id = server.fine_tune(script(epochs=100, pause=0.05))
    for _ in range(5):
        with server.http.stream("GET", f"/fine-tunes/{job_id}/events?stream=true") as answer:
            next(answer.iter_lines())
    server.http.post(f"/fine-tunes/{job_id}/cancel")
    assert messages_of(stream(server, job_id))[-1] == "Fine-tune cancelled"


def messages_of(text: str) -> list[str]:
    return [event["message"] for _, event in events_in(text)]
