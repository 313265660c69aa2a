"""How errors look, and how they travel: short, escaped, and whole in another process."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from html.parser import HTMLParser
from multiprocessing import get_context
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.test_errors import ALL, made
from openft.errors import (
    APIConnectionError,
    APIError,
    ConfigError,
    DataError,
    JobFailed,
    MissingExtra,
    NotFoundError,
    OpenFTError,
    RateLimitError,
)
from openft.types import File, FineTune, FineTuningJob, JobError

JOB = FineTuningJob(
    id="ftjob-1",
    status="failed",
    error=JobError(code="bad", message="no"),
    brand_new={"a": [1]},  # type: ignore[call-arg]
)
LOOKS: list[tuple[OpenFTError, str]] = [
    (
        NotFoundError("no such model: x", status_code=404, code="c", param="model", request_id="req_1", body="SECRET"),
        "NotFoundError(404, 'no such model: x', code='c', param='model', request_id='req_1')",
    ),
    (RateLimitError("slow down", status_code=429, retry_after=3.0), "RateLimitError(429, 'slow down')"),
    (APIConnectionError("no answer"), "APIConnectionError('no answer')"),
    (ConfigError("a\nb\x1b\u202e"), r"ConfigError('a\nb\x1b\u202e')"),
    (DataError("is wrong", file="a.jsonl", line=3), "DataError('a.jsonl:3: is wrong')"),
    (JobFailed("it failed", job=JOB), "JobFailed('it failed', job='ftjob-1', code='bad')"),
    (JobFailed("it failed", job=FineTune(id="ft-1")), "JobFailed('it failed', job='ft-1')"),
    (
        MissingExtra("plotting", "plot"),
        "MissingExtra(\"plotting needs more packages; install them with: pip install 'openft[plot]'\")",
    ),
    (ConfigError("x" * 1000), f"ConfigError('{'x' * 298}…)"),
]


@pytest.mark.parametrize(("error", "text"), LOOKS, ids=range(len(LOOKS)))
def test_an_error_on_one_line(error: OpenFTError, text: str) -> None:
    assert repr(error) == text


class Cells(HTMLParser):
    """The texts of a table's cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"table", "caption", "tbody", "tr", "th", "td"}
        assert attrs == []
        if tag in {"caption", "th", "td"}:
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        self.cells[-1] += data


def test_an_error_in_a_notebook_names_what_is_known() -> None:
    error: Any = NotFoundError("no <b> & 'x'", status_code=404, param="model", body={"secret": "SECRET"})
    cells = ["NotFoundError", "message", "no <b> & 'x'", "status_code", "404", "param", "model"]
    assert Cells(error._repr_html_()).cells == cells


@pytest.mark.parametrize("kind", ALL.values())
@given(text=st.text() | st.text("<>&\"'\u202e\x1b\n\ud800"))
def test_any_text_of_an_error_is_escaped(kind: type[OpenFTError], text: str) -> None:
    error: Any = made(kind)
    error.args = (text,)
    if isinstance(error, ImportError):
        error.msg = text
    if isinstance(error, APIError):
        error.code = error.param = error.request_id = text
    cells = Cells(error._repr_html_()).cells
    assert all(cell.isprintable() and len(cell) <= 300 for cell in cells)
    if text.isprintable() and len(text) <= 300:
        assert text in cells
    assert repr(error).isprintable()
    assert len(repr(error)) < 1300


@pytest.mark.parametrize("kind", [*ALL.values()])
def test_an_error_crosses_processes(kind: type[OpenFTError]) -> None:
    error = made(kind)
    error.add_note("a note")
    code = "import pickle, sys; e = pickle.load(sys.stdin.buffer); sys.stdout.buffer.write(pickle.dumps((e, repr(e))))"
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(error), capture_output=True, check=True)
    twin, looks = pickle.loads(done.stdout)
    assert (type(twin), str(twin), vars(twin), looks) == (kind, str(error), vars(error), repr(error))


def fail(job: FineTuningJob) -> None:
    raise JobFailed("it failed", job=job)


def test_a_worker_process_can_fail_with_a_job() -> None:
    with get_context("spawn").Pool(1) as pool, pytest.raises(JobFailed, match="it failed") as caught:
        pool.apply(fail, (JOB,))
    assert caught.value.job == JOB
    assert caught.value.job.error == JobError(code="bad", message="no")
    assert caught.value.job.brand_new == {"a": [1]}  # type: ignore[attr-defined]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_failed_job_keeps_its_job_in_every_pickle(protocol: int) -> None:
    error = JobFailed("it failed", job=JOB)
    twins: list[Any] = [pickle.loads(pickle.dumps(error, protocol)), copy.copy(error), copy.deepcopy(error)]
    for twin in twins:
        assert twin.job == JOB
        assert twin.job.model_fields_set == JOB.model_fields_set


def test_an_error_that_was_raised_from_another_travels_alone() -> None:
    """What it stems from may hold sockets; the message has said it."""
    error = APIConnectionError("no answer (refused)", body=File(id="file-1"))
    error.__cause__ = OSError("refused")
    twin = pickle.loads(pickle.dumps(error))
    assert (twin.__cause__, str(twin), twin.body) == (None, "no answer (refused)", File(id="file-1"))
