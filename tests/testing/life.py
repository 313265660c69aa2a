"""A job's whole life as an application lives it, with openft's own client, on either wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from openft import BadRequestError, Client, JobCancelled, NotFoundError
from testing.asking import ROWS
from testing.story import LONG


def live(client: Client, wire: str) -> dict[str, Any]:
    """Return what an application sees from the upload to the end; it is the same on every host."""
    jobs: Any = client.fine_tunes if wire == "legacy" else client.fine_tuning.jobs
    file = client.files.create(file=("train.jsonl", ROWS))
    job = jobs.create(training_file=file.id, model="ada", suffix="mood")
    seen: dict[str, Any] = {"file": file.status, "finished": job.finished, "model": job.fine_tuned_model}
    told = list(jobs.follow(job.id))
    seen["last"] = (told[0].message.partition(":")[0], told[-1].message)
    assert list(jobs.follow(job.id, after=told[-1].cursor)) == []
    assert [event.message for event in jobs.follow(job.id, after=told[2].cursor)] == [e.message for e in told[3:]]
    done = jobs.wait(job.id, poll=0.05)
    seen["done"] = (done.status, done.succeeded, done.error, "mood" in done.fine_tuned_model)
    assert [each.id for each in jobs.as_completed([job.id])] == [job.id]
    seen["results"] = jobs.results(job.id).rows[0].step
    listed = [each.id for each in jobs.list()]
    seen["listed"] = job.id in listed
    answer = client.completions.create(model=done.fine_tuned_model, prompt="great film ->", max_tokens=5)
    seen["answer"] = (len(answer.choices), answer.model == done.fine_tuned_model)
    pieces = client.completions.create(model=done.fine_tuned_model, prompt="great film ->", stream=True)
    seen["streamed"] = "".join(piece.choices[0].text for piece in pieces) == answer.choices[0].text
    seen["models"] = done.fine_tuned_model in [model.id for model in client.models.list()]
    seen["deleted"] = client.models.delete(done.fine_tuned_model).deleted
    seen |= end_another(client, jobs) | trouble(client, jobs, file.id, done.fine_tuned_model)
    return seen


def end_another(client: Client, jobs: Any) -> dict[str, Any]:
    """Cancel a job that takes long."""
    long = client.files.create(file=("long.jsonl", LONG))
    job = jobs.create(training_file=long.id, model="ada")
    seen = {"cancelled": jobs.cancel(job.id).status}
    with pytest.raises(JobCancelled):
        jobs.wait(job.id)
    with pytest.raises(BadRequestError) as caught:
        jobs.cancel(job.id)
    return {**seen, "cancelled again": (caught.value.code, caught.value.param)}


def trouble(client: Client, jobs: Any, file: str, model: str) -> dict[str, Any]:
    """What goes wrong is told as one error with its parameter."""
    seen: dict[str, Any] = {}
    attempts: dict[str, Callable[[], object]] = {
        "unknown file": lambda: jobs.create(training_file="file-none", model="ada"),
        "unknown base": lambda: jobs.create(training_file=file, model="gpt-9"),
        "unknown parameter": lambda: jobs.create(training_file=file, model="ada", extra_body={"colour": "red"}),
        "unknown job": lambda: jobs.retrieve("ft-none"),
        "deleted model": lambda: client.completions.create(model=model, prompt="x"),
        "hot": lambda: client.completions.create(model="ada", prompt="x", temperature=3),
    }
    for scene, attempt in attempts.items():
        with pytest.raises((BadRequestError, NotFoundError)) as caught:
            attempt()
        seen[scene] = (caught.value.status_code, caught.value.code, caught.value.param)
    return seen
