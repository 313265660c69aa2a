"""What a test holds of the API in memory is shown in a line, and never with a key."""

from __future__ import annotations

from typing import Any

import pytest

from openft.testing import Altered, Cut, FakeAPI, Fault, Lost, Slow, Status, Webhook
from testing.asking import CHAT

KEY = "sk-very-secret"


def alter(shown: dict[str, Any]) -> object:
    return shown


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        (Status(503), "Status(503)"),
        (Status(429, retry_after=20, code="busy", headers={"x-key": KEY}), "Status(429, retry_after=20, code='busy')"),
        (Lost(), "Lost()"),
        (Cut(after=2), "Cut(after=2)"),
        (Slow(30), "Slow(30)"),
        (Altered(alter), "Altered(alter)"),
    ],
    ids=str,
)
def test_a_fault_is_shown_as_it_is_written(fault: Fault, shown: str) -> None:
    assert repr(fault) == shown


def test_what_was_scripted_shows_whom_it_hits_and_how_often(openft_api: FakeAPI) -> None:
    scripted = openft_api.fail_next(Status(503), method="get", path="/models", times=3)
    with openft_api.client() as client:
        client.models.list(max_retries=5).data  # noqa: B018
    assert repr(scripted) == "<Status(503) on GET /models, hits: 3, to come: 0>"
    assert repr(openft_api.fail_next(Lost())) == "<Lost() on any *, hits: 0, to come: 1>"


def test_the_api_and_what_it_keeps_are_shown_in_a_line_each(openft_api: FakeAPI) -> None:
    client = openft_api.client(api_key=KEY, default_query={"api-key": KEY})
    file = client.files.create(file=("train.jsonl", CHAT))
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id, suffix="films")
    assert repr(openft_api) == "<FakeAPI, jobs: 1, at work: 1>"
    openft_api.end(job.id)
    (kept,), (model,) = openft_api.jobs, openft_api.models
    shown = {
        openft_api: "<FakeAPI, jobs: 1, at work: 0>",
        kept: f"FakeJob(id='{job.id}', status='succeeded', model='gpt-4o-mini', suffix='films', "
        f"fine_tuned_model='{model.name}')",
    }
    assert {thing: repr(thing) for thing in shown} == shown
    assert repr(model) == f"FakeModel(name='{model.name}', base='gpt-4o-mini')"
    assert repr(openft_api.files[0]) == f"FakeFile(id='{file.id}', filename='train.jsonl', purpose='fine-tune', rows=2)"
    assert repr(openft_api.requests[0]) == "Asked(method='POST', path='/files')"
    assert repr(openft_api.webhook(job.id)) == "<Webhook fine_tuning.job.succeeded>"
    assert KEY not in repr(openft_api.requests) + str(openft_api.requests)


@pytest.mark.parametrize("content", [b"x", b"\xff", b"[]", b"{}", b'{"type": 3}', b""])
def test_a_delivery_that_is_no_event_is_shown_by_its_length(content: bytes) -> None:
    assert repr(Webhook(content=content, headers={})) == f"<Webhook of {len(content)} bytes>"


def test_a_transport_says_whether_it_skips(openft_api: FakeAPI) -> None:
    assert repr(openft_api.transport()) == "<Transport to the API in memory, skipping sleeps>"
    assert repr(openft_api.async_transport(skip=False)) == "<AsyncTransport to the API in memory, keeping sleeps>"
