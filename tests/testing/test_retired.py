"""Models that a test lets stop: their entries say it, and clients warn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from openft import Client, NotFoundError, ShutdownWarning
from openft.testing import FakeAPI
from testing.asking import CHAT

DAY = "2027-01-14"


def entry(api: FakeAPI, name: str) -> Any:
    return api.client().models.retrieve(name).shutdown_date


def new_job(client: Client, model: str = "gpt-4o-mini") -> str:
    file = client.files.create(file=("train.jsonl", CHAT))
    return client.fine_tuning.jobs.create(model=model, training_file=file.id).id


@pytest.mark.parametrize(
    ("on", "sent"),
    [
        (DAY, DAY),
        (date(2027, 1, 14), DAY),
        (datetime.fromisoformat("2027-01-14T08:00:00+00:00"), "2027-01-14T08:00:00+00:00"),
        (1_799_884_800, 1_799_884_800),
        (1_799_884_800.5, 1_799_884_800),
    ],
)
def test_a_day_may_be_told_as_hosts_tell_it(openft_api: FakeAPI, on: Any, sent: object) -> None:
    openft_api.retire("babbage-002", on)
    assert entry(openft_api, "babbage-002") == sent


def test_a_model_a_snapshot_and_what_was_trained_from_them_stop_together(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    trained = client.fine_tuning.jobs.wait(new_job(client)).fine_tuned_model
    openft_api.retire("gpt-4o-mini", DAY)
    assert [entry(openft_api, name) for name in ("gpt-4o-mini", "gpt-4o-mini-2024-07-18", trained)] == [DAY] * 3
    assert [entry(openft_api, name) for name in ("gpt-4o-2024-08-06", "ada")] == [None, None]
    assert {model.id for model in client.models.list() if model.shutdown_date} == {"gpt-4o-mini-2024-07-18", trained}


def test_the_snapshot_may_be_the_one_that_is_named(openft_api: FakeAPI) -> None:
    openft_api.retire("gpt-4o-mini-2024-07-18", DAY)
    assert entry(openft_api, "gpt-4o-mini") == DAY


def test_a_model_that_is_not_there_cannot_stop(openft_api: FakeAPI) -> None:
    with pytest.raises(ValueError, match=r"there is no model 'gpt-9' here; FakeAPI\(bases=…\) says which there are"):
        openft_api.retire("gpt-9", DAY)


def test_each_api_warns_once_and_a_client_may_be_older_than_the_news() -> None:
    for _ in range(2):
        api = FakeAPI(start=1_795_000_000)
        client = api.client()
        new_job(client)
        assert not [asked for asked in api.requests if "models" in asked.path]
        api.retire("gpt-4o-mini", DAY)
        with pytest.warns(ShutdownWarning, match="days left: 57") as told:
            new_job(client)
        new_job(client)
        assert len(told) == 1


def test_a_client_that_really_sleeps_is_warned_too() -> None:
    api = FakeAPI()
    api.retire("gpt-4o-mini", "2024-01-14")
    with pytest.warns(ShutdownWarning, match="was to stop"):
        new_job(api.client(skip=False))


def test_what_may_still_be_trained_is_not_said(openft_api: FakeAPI) -> None:
    with pytest.raises(NotFoundError):
        openft_api.client().fine_tuning.model_limits()
