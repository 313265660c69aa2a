"""Idempotency keys, kept or ignored."""

from __future__ import annotations

from contextlib import suppress

import pytest

from openft import APIConnectionError
from openft.testing import FakeAPI, Lost
from testing.asking import CHAT, ROWS, Raw, raw

KEY = {"idempotency-key": "k-1"}


def create(ask: Raw, file: str, **fields: object) -> str:
    body = {"model": "gpt-4o-mini", "training_file": file, **fields}
    job_id: str = ask("POST", "/fine_tuning/jobs", json=body, headers=KEY)["id"]
    return job_id


def test_the_same_request_under_a_key_is_done_once(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    file = ask.upload(CHAT)
    assert create(ask, file) == create(ask, file)
    assert len(openft_api.jobs) == 1


def test_an_answer_is_replayed_as_it_was(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    body = {"model": "gpt-4o-mini", "training_file": ask.upload(CHAT)}
    first = ask("POST", "/fine_tuning/jobs", json=body, headers=KEY)
    openft_api.advance(hours=1)
    assert ask("POST", "/fine_tuning/jobs", json=body, headers=KEY) == first


def test_a_key_is_forgotten_after_a_day(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    file = ask.upload(CHAT)
    first = create(ask, file)
    openft_api.advance(hours=24)
    assert create(ask, file) != first


def test_a_key_belongs_to_who_has_the_api_key(openft_api: FakeAPI) -> None:
    file = raw(openft_api).upload(CHAT)
    assert create(raw(openft_api, key="sk-a"), file) != create(raw(openft_api, key="sk-b"), file)


def test_a_refused_request_leaves_its_key_free(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    body = {"model": "gpt-4o-mini", "training_file": "file-none"}
    assert ask.refused("POST", "/fine_tuning/jobs", json=body, headers=KEY)[0] == 400
    assert create(ask, ask.upload(CHAT))


def test_a_host_that_ignores_keys_does_it_again_and_is_not_known_by_its_answers() -> None:
    api = FakeAPI(keeps_keys=False)
    ask = raw(api)
    file = ask.upload(CHAT)
    assert create(ask, file) != create(ask, file)
    assert "openft-version" not in ask.http.get("/models").headers
    assert "openft-version" in raw(FakeAPI()).http.get("/models").headers


def test_cancel_under_a_key_is_done_once(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    cancel = f"/fine_tuning/jobs/{ask.job()}/cancel"
    assert ask("POST", cancel, headers=KEY) == ask("POST", cancel, headers=KEY)
    assert ask.refused("POST", cancel) == (400, "already_finished", "id")


@pytest.mark.parametrize("keeps_keys", [True, False])
def test_a_create_repeated_by_a_new_process_is_one_job(keeps_keys: bool) -> None:
    api = FakeAPI(keeps_keys=keeps_keys)
    file = raw(api).upload(CHAT)
    api.fail_next(Lost(), method="POST", path="/fine_tuning/jobs")

    def create_in_a_new_process() -> str:
        jobs = api.client(max_retries=0).fine_tuning.jobs
        return jobs.create(model="gpt-4o-mini", training_file=file, idempotency_key="order-17").id

    with suppress(APIConnectionError):  # or it has looked for the job at once
        create_in_a_new_process()
    assert create_in_a_new_process() == api.jobs[0].id
    assert len(api.jobs) == 1


def test_an_upload_repeated_under_its_key_is_one_file(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    one = client.files.create(file=("train.jsonl", ROWS), idempotency_key="f")
    two = client.files.create(file=("train.jsonl", ROWS), idempotency_key="f")
    assert one.id == two.id
    assert len(openft_api.files) == 1
