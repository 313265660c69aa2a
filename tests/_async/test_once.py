"""A create is one object: a key of the caller's, and what can be found after a lost answer."""

from __future__ import annotations

import pickle
from io import BytesIO
from pathlib import Path
from time import time
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from _async.support import FILE, OURS, ROW, client_of
from loopback import CLOSE, RESET, Answer, Loopback, Received, again, refusal, reply
from openft import (
    APIConnectionError,
    APIError,
    BadRequestError,
    ConfigError,
    ConflictError,
    InternalServerError,
    Unsupported,
)
from openft._core.multipart import Upload
from openft._runtime.disk import sha256
from openft.types import FineTuningJob


class Host:
    """A host of today's API that starts a job for every create it gets, and knows nothing of idempotency keys."""

    def __init__(self, *, filters: bool = True, loses: int = 0, page: int = 100) -> None:
        self.jobs: list[dict[str, Any]] = []
        self.filters = filters
        self.loses = loses
        """How many creates are done and not answered."""
        self.page = page

    def __call__(self, asked: Received) -> Answer:
        if asked.method == "POST":
            number = len(self.jobs) + 1
            body = asked.json()
            job = {**body, "id": f"ftjob-{number}", "object": "fine_tuning.job", "status": "queued"}
            self.jobs.insert(0, {**job, "created_at": int(time()), "model": f"{body['model']}-2024-07-18"})
            if number <= self.loses:
                return [RESET]
            return [reply(200, self.jobs[0])]
        query = {name: values[0] for name, values in parse_qs(urlsplit(asked.target).query).items()}
        wanted = query.get("metadata[openft_key]")
        rows = [
            job
            for job in self.jobs
            if not self.filters or wanted is None or (job.get("metadata") or {}).get("openft_key") == wanted
        ]
        names = [job["id"] for job in rows]
        start = names.index(query["after"]) + 1 if "after" in query else 0
        more = start + self.page < len(rows)
        return [reply(200, {"object": "list", "data": rows[start : start + self.page], "has_more": more})]


ASKED: dict[str, Any] = {"model": "gpt-4o-mini", "training_file": "file-1"}


async def started(host: Host, count: int = 1, **options: Any) -> list[FineTuningJob]:
    """Return the jobs of so many processes that each start the same one."""
    jobs = []
    with Loopback(host, whole=True) as server:
        for _ in range(count):
            async with client_of(server) as client:
                jobs.append(await client.fine_tuning.jobs.create(**{**ASKED, **options}))
    return jobs


@pytest.mark.anyio
@pytest.mark.parametrize("filters", [True, False], ids=["filters", "ignores filters"])
async def test_a_create_repeated_by_another_process_is_one_job(filters: bool) -> None:
    host = Host(filters=filters)
    first, second = await started(host, 2, idempotency_key="order-7", metadata={"team": "a"})
    assert first.id == second.id
    assert [job["metadata"] for job in host.jobs] == [{"team": "a", "openft_key": "order-7"}]


@pytest.mark.anyio
@pytest.mark.parametrize("filters", [True, False], ids=["filters", "ignores filters"])
async def test_other_keys_make_other_jobs(filters: bool) -> None:
    host = Host(filters=filters, page=2)
    with Loopback(host, whole=True) as server:
        async with client_of(server) as client:
            keys = ["a", "b", "c", "d", "a"]
            made = [await client.fine_tuning.jobs.create(**ASKED, idempotency_key=key) for key in keys]
    assert len({job.id for job in made}) == len(host.jobs) == 4
    assert made[4].id == made[0].id


@pytest.mark.anyio
async def test_a_job_whose_answer_was_lost_is_found_by_its_key() -> None:
    host = Host(loses=1)
    [job] = await started(host, idempotency_key="order-7")
    assert job.id == "ftjob-1"
    assert len(host.jobs) == 1


@pytest.mark.anyio
async def test_without_a_key_a_lost_answer_is_an_error_and_not_a_second_job() -> None:
    host = Host(loses=1)
    with pytest.raises(APIConnectionError):
        await started(host)
    assert len(host.jobs) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    "changed",
    [
        {"model": "ada"},
        {"training_file": "file-2"},
        {"validation_file": "file-2"},
        {"seed": 2},
        {"hyperparameters": {"n_epochs": 2}},
        {"metadata": {"run": "2"}},
    ],
    ids=str,
)
async def test_a_key_that_belongs_to_another_job_is_a_conflict(changed: dict[str, Any]) -> None:
    host = Host()
    given: dict[str, Any] = {"hyperparameters": {"n_epochs": 1, "batch_size": "auto"}, "validation_file": "file-9"}
    await started(host, idempotency_key="order-7", seed=1, **given)
    with pytest.raises(ConflictError, match=r"'order-7' belongs to job ftjob-1, which trains gpt-4o.* on file-1"):
        await started(host, idempotency_key="order-7", **changed)
    assert len(host.jobs) == 1


@pytest.mark.anyio
async def test_a_server_that_keeps_keys_is_asked_for_no_metadata() -> None:
    job = {"id": "ftjob-1", "status": "queued", "model": "ada"}
    answers: list[Answer] = [[reply(200, {"data": []}, **OURS)], [reply(200, job, **OURS)], [reply(200, job, **OURS)]]
    with Loopback(answers) as server:
        async with client_of(server) as client:
            for _ in range(2):
                await client.fine_tuning.jobs.create(**ASKED, idempotency_key="order-7")
    assert [request.method for request in server.requests] == ["GET", "POST", "POST"]
    assert [request.headers["idempotency-key"] for request in server.requests[1:]] == ["order-7", "order-7"]
    assert "metadata" not in server.requests[1].json()


@pytest.mark.anyio
@pytest.mark.parametrize("status", [404, 405])
async def test_a_host_without_a_list_gets_the_create(status: int) -> None:
    with Loopback([[refusal(status)], [reply(200, {"id": "ftjob-1"})]]) as server:
        async with client_of(server) as client:
            assert (await client.fine_tuning.jobs.create(**ASKED, idempotency_key="k")).id == "ftjob-1"


@pytest.mark.anyio
async def test_a_host_that_knows_no_filter_is_looked_through_without() -> None:
    found = {"id": "ftjob-1", "model": "gpt-4o-mini", "metadata": {"openft_key": "k"}}
    with Loopback([[refusal(400)], [reply(200, {"data": [found]})]]) as server:
        async with client_of(server) as client:
            assert (await client.fine_tuning.jobs.create(**ASKED, idempotency_key="k")).id == "ftjob-1"
    assert [request.target for request in server.requests] == [
        "/v1/fine_tuning/jobs?limit=100&metadata%5Bopenft_key%5D=k",
        "/v1/fine_tuning/jobs?limit=100",
    ]


@pytest.mark.anyio
async def test_nothing_is_started_while_the_host_cannot_be_looked_at() -> None:
    with Loopback(lambda _: [again(500)]) as server:
        async with client_of(server) as client:
            with pytest.raises(InternalServerError):
                await client.fine_tuning.jobs.create(**ASKED, idempotency_key="k")
    assert {request.method for request in server.requests} == {"GET"}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "looks"), [([refusal(400)], 1), ([RESET], 2), ([refusal(500)], 2)], ids=["refused", "lost", "failed"]
)
async def test_a_create_that_failed_is_looked_for_unless_it_was_refused(answer: Answer, looks: int) -> None:
    nothing: Answer = [reply(200, {"data": []})]
    with Loopback([nothing, answer, nothing]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIError):
                await client.fine_tuning.jobs.create(**ASKED, idempotency_key="k")
    assert [request.method for request in server.requests] == ["GET", "POST", *["GET"] * (looks - 1)]


@pytest.mark.anyio
async def test_the_error_of_the_create_is_told_when_looking_fails_too() -> None:
    with Loopback([[reply(200, {"data": []})], [RESET], [refusal(403)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIConnectionError):
                await client.fine_tuning.jobs.create(**ASKED, idempotency_key="k")


@pytest.mark.anyio
async def test_a_path_is_not_uploaded_again_for_a_job_that_is_there(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(ROW)
    found = {"id": "ftjob-1", "model": "gpt-4o-mini", "metadata": {"openft_key": "k"}}
    with Loopback([[reply(200, {"data": [found]})]]) as server:
        async with client_of(server) as client:
            job = await client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=rows, idempotency_key="k")
    assert job.id == "ftjob-1"
    assert len(server.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("options", [{"idempotency_key": "k" * 513}, {"metadata": {str(n): "" for n in range(16)}}])
async def test_metadata_must_have_room_for_the_key(options: dict[str, Any]) -> None:
    with Loopback([[reply(200, {"data": []})]]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="at most 512 characters, beside at most 15 others"):
                await client.fine_tuning.jobs.create(**{**ASKED, "idempotency_key": "k", **options})


async def failed(server: Loopback, what: str, **asked: Any) -> tuple[APIError, Any]:
    """Return the error of a create whose answer was lost, and what reconciling finds."""
    async with client_of(server) as client:
        creates: dict[str, Any] = {
            "job": client.fine_tuning.jobs.create,
            "fine-tune": client.fine_tunes.create,
            "file": client.files.create,
        }
        with pytest.raises(APIError) as caught:
            await creates[what](**asked)
        again = pickle.loads(pickle.dumps(caught.value))
        return again, await client.reconcile(again)


def at(seconds: float, fields: dict[str, Any]) -> dict[str, Any]:
    """Return an object made so many seconds ago."""
    return {"created_at": int(time() - seconds), **fields}


JOB = {
    "id": "ftjob-1",
    "model": "gpt-4o-mini-2024-07-18",
    "training_file": "file-1",
    "status": "queued",
    "metadata": {"openft_key": "k"},
}
PLAIN = {**JOB, "metadata": None}
TUNE = {"id": "ft-1", "model": "ada", "status": "pending", "training_files": [FILE], "hyperparams": {"n_epochs": 3}}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("age", "row", "found"),
    [
        (1, JOB, True),
        (4000, JOB, False),
        (1, {**JOB, "model": "ada"}, False),
        (1, {**JOB, "training_file": "file-2"}, False),
        (1, {**JOB, "metadata": {"openft_key": "other"}}, False),
        (1, {**JOB, "metadata": None}, False),
        (1, {**JOB, "hyperparameters": {"n_epochs": 3}}, False),
        (1, {**JOB, "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}}}, False),
        (1, {**JOB, "hyperparameters": {"n_epochs": "auto"}, "user_provided_suffix": "x"}, True),
        (1, {**JOB, "user_provided_suffix": "y"}, False),
        (1, {**JOB, "validation_file": "file-3"}, False),
        (1, {**JOB, "model": "gpt-4o-mini-high"}, False),
        (1, {**JOB, "metadata": {"openft_key": "k", "team": "b"}}, False),
        (1, {**JOB, "user_provided_suffix": None}, False),
        (1, {**JOB, "integrations": [{"type": "wandb", "wandb": {"project": "p"}}]}, False),
        (1, {**JOB, "method": {"type": "dpo", "dpo": {}}}, False),
        (55, JOB, True),
    ],
    ids=[
        "made",
        "older",
        "another model",
        "another file",
        "another key",
        "no key",
        "other numbers",
        "other numbers in the method",
        "no numbers yet",
        "another suffix",
        "a validation file",
        "a longer name of a model",
        "more metadata",
        "no suffix",
        "an integration",
        "another method",
        "a clock that is a minute slow",
    ],
)
async def test_a_job_is_found_by_what_was_asked_for(age: int, row: dict[str, Any], found: bool) -> None:
    answers: list[Answer] = [
        [reply(200, {"data": []})],
        [RESET],
        [refusal(500)],
        [reply(200, {"data": [at(age, row)]})],
    ]
    with Loopback(answers) as server:
        told = {"hyperparameters": {"n_epochs": 2}, "suffix": "x"}
        error, job = await failed(server, "job", **ASKED, **told, idempotency_key="k", max_retries=0)
    assert isinstance(error, APIConnectionError)
    assert (job is not None) == found


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("age", "row", "found"),
    [
        (1, TUNE, True),
        (1, {**TUNE, "model": "curie"}, False),
        (1, {**TUNE, "hyperparams": {"n_epochs": 4}}, False),
        (1, {**TUNE, "training_files": []}, False),
        (4000, TUNE, False),
    ],
    ids=["made", "another model", "other numbers", "another file", "older"],
)
async def test_a_fine_tune_is_found_by_what_was_asked_for(age: int, row: dict[str, Any], found: bool) -> None:
    with Loopback([[RESET], [reply(200, {"data": [at(age, row)]})]]) as server:
        _, job = await failed(server, "fine-tune", training_file="file-1", model="ada", n_epochs=3)
    assert (job is not None) == found


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("size", "content", "found"),
    [(len(ROW), ROW, True), (1, ROW, False), (len(ROW), ROW.swapcase(), False)],
    ids=["made", "another size", "another content"],
)
async def test_a_file_is_found_by_its_name_size_and_content(
    size: int, content: bytes, found: bool, tmp_path: Path
) -> None:
    rows = tmp_path / "train.jsonl"
    rows.write_bytes(ROW)
    there = {**FILE, "bytes": size, "created_at": int(time())}
    with Loopback([[RESET], [reply(200, {"data": [there]})], [reply(200, content)]]) as server:
        _, file = await failed(server, "file", file=rows)
    assert (file is not None) == found


@pytest.mark.anyio
async def test_a_file_whose_content_the_host_keeps_to_itself_is_left_to_the_caller(tmp_path: Path) -> None:
    rows = tmp_path / "train.jsonl"
    rows.write_bytes(ROW)
    there = {**FILE, "bytes": len(ROW), "created_at": int(time())}
    said = r"file file-1 has the name and size of what was sent, and its content cannot be compared"
    answers: list[Answer] = [[RESET], [reply(200, {"data": [there]})], [refusal(403)]]
    with Loopback(answers) as server, pytest.raises(Unsupported, match=said):
        await failed(server, "file", file=rows)


@pytest.mark.anyio
async def test_a_file_that_has_gone_since_is_found_by_its_name_and_size(tmp_path: Path) -> None:
    rows = tmp_path / "train.jsonl"
    rows.write_bytes(ROW)
    there = {**FILE, "bytes": len(ROW), "created_at": int(time())}

    def lost(asked: Received) -> Answer:
        if asked.method == "POST":
            rows.unlink()
            return [RESET]
        return [reply(200, {"data": [there]})]

    with Loopback(lost, whole=True) as server:
        _, file = await failed(server, "file", file=rows)
    assert file is not None


def test_what_can_be_read_only_once_has_no_digest() -> None:
    assert sha256(Upload("a.jsonl", BytesIO(ROW), None, repeatable=False)) is None


@pytest.mark.anyio
async def test_a_name_that_a_key_is_kept_under_cannot_be_the_callers_too() -> None:
    with Loopback([[reply(200, {"data": []})]]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="metadata has 'openft_key', under which idempotency_key is kept"):
                await client.fine_tuning.jobs.create(**ASKED, metadata={"openft_key": "a"}, idempotency_key="b")


@pytest.mark.anyio
async def test_a_refused_create_has_made_nothing() -> None:
    with Loopback([[refusal(400)]]) as server:
        _, job = await failed(server, "job", **ASKED)
    assert job is None
    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_several_that_fit_are_left_to_the_caller() -> None:
    rows = [at(1, {**PLAIN, "id": f"ftjob-{number}"}) for number in (1, 2)]
    said = r"2 objects fit what was asked for \(ftjob-1, ftjob-2\)"
    with Loopback([[RESET], [reply(200, {"data": rows})]]) as server, pytest.raises(Unsupported, match=said):
        await failed(server, "job", **ASKED)


@pytest.mark.anyio
async def test_an_error_that_leaves_doubt_says_how_to_find_out_and_not_to_try_again() -> None:
    with Loopback([[RESET], [refusal(500)], [refusal(400)], [RESET]]) as server:
        async with client_of(server, max_retries=0) as client:
            for doubt in (True, True, False):
                with pytest.raises(APIError) as caught:
                    await client.fine_tuning.jobs.create(**ASKED)
                says = "; it may have been done all the same, ask client.reconcile(error) before you repeat it"
                assert caught.value.message.endswith(says) is doubt
                assert "try again" not in str(caught.value)
            with pytest.raises(APIError, match="look whether it is there before you repeat it"):
                await client.uploads.create(bytes=1, filename="a", mime_type="text/jsonl", purpose="fine-tune")


@pytest.mark.anyio
async def test_what_cannot_be_looked_for_says_so() -> None:
    with Loopback([[refusal(404)], [RESET]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIError) as caught:
                await client.models.retrieve("ada")
            with pytest.raises(ConfigError, match="not one of a create"):
                await client.reconcile(caught.value)
            with pytest.raises(APIConnectionError) as caught:
                await client.uploads.create(bytes=1, filename="a", mime_type="text/jsonl", purpose="fine-tune")
            with pytest.raises(Unsupported, match="what POST /uploads makes cannot be looked for"):
                await client.reconcile(caught.value)


@pytest.mark.anyio
async def test_an_answer_cut_off_is_looked_for_too() -> None:
    cut: Answer = [b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{", CLOSE]
    with Loopback([cut, [reply(200, {"data": [at(1, PLAIN)]})]]) as server:
        _, job = await failed(server, "job", **ASKED)
    assert job is not None
    assert job.id == "ftjob-1"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "given", [{"idempotency_key": "k"}, {"extra_headers": {"Idempotency-Key": "k"}}], ids=["option", "header"]
)
async def test_a_key_is_another_for_each_of_a_jobs_files(given: dict[str, Any], tmp_path: Path) -> None:
    files: dict[str, Any] = {"training_file": tmp_path / "train.jsonl", "validation_file": tmp_path / "valid.jsonl"}
    for file in files.values():
        file.write_bytes(ROW)
    made = {"id": "ftjob-1", "model": "ada"}
    answers = [{"data": []}, {**FILE, "id": "file-1"}, {**FILE, "id": "file-2"}, made]
    with Loopback([[reply(200, answer, **OURS)] for answer in answers]) as server:
        async with client_of(server) as client:
            await client.fine_tuning.jobs.create(model="ada", **files, **given)
    keys = [request.headers["idempotency-key"] for request in server.requests[1:]]
    assert keys == ["k-training_file", "k-validation_file", "k"]
    sent = server.requests[3].json()
    assert (sent["training_file"], sent["validation_file"]) == ("file-1", "file-2")


@pytest.mark.anyio
async def test_a_create_refused_at_last_may_have_been_done_at_first() -> None:
    answers: list[Answer] = [[RESET], [refusal(400, **OURS)], [reply(200, {"data": [at(1, PLAIN)]})]]
    with Loopback(answers) as server:
        async with client_of(server) as client:
            client.transport._knows_keys = True
            with pytest.raises(BadRequestError) as caught:
                await client.fine_tuning.jobs.create(**ASKED)
            assert caught.value.maybe_done
            says = "; an attempt before it may have been done, ask client.reconcile(error) before you repeat it"
            assert str(caught.value).endswith(says)
            job = await client.reconcile(caught.value)
    assert job is not None


@pytest.mark.anyio
async def test_what_another_create_of_the_client_has_made_is_not_taken_for_it() -> None:
    job = at(1, PLAIN)
    with Loopback([[reply(200, job)], [RESET], [reply(200, {"data": [job]})]]) as server:
        async with client_of(server) as client:
            await client.fine_tuning.jobs.create(**ASKED)
            with pytest.raises(APIConnectionError) as caught:
                await client.fine_tuning.jobs.create(**ASKED)
            assert await client.reconcile(caught.value) is None


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["a\r\nb", "키", 5])
async def test_a_key_that_cannot_be_sent_is_refused_before_anything_is_asked(key: Any) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="idempotency_key cannot be sent"):
                await client.fine_tuning.jobs.create(**ASKED, idempotency_key=key)
    assert server.requests == []


@pytest.mark.anyio
async def test_the_error_of_a_create_travels_whatever_it_was_given() -> None:
    metadata = MappingProxyType({"team": "a"})
    with Loopback([[RESET]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIConnectionError) as caught:
                await client.fine_tuning.jobs.create(**ASKED, metadata=metadata)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.creation.fields == {**ASKED, "metadata": {"team": "a"}}
