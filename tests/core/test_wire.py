"""What is said of a job that has no model, or no results."""

from __future__ import annotations

import pytest

from openft._core.current import CURRENT
from openft._core.legacy import LEGACY
from openft.errors import JobCancelled, JobFailed
from openft.types import FineTune, FineTuneEvent, FineTuningJob, JobError

BAD = JobError(code="invalid_training_file", message="the data is bad.", param="training_file")
OLD = FineTune(id="ft-1", status="failed", events=[FineTuneEvent(level="error", message="Error: no room")])
SAID = "job ftjob-1 failed: the data is bad (code invalid_training_file, param training_file)"


def failed(error: JobError | None) -> FineTuningJob:
    return FineTuningJob(id="ftjob-1", status="failed", error=error)


def failure(job: FineTuningJob) -> JobFailed:
    with pytest.raises(JobFailed) as caught:
        CURRENT.outcome(job)
    return caught.value


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (BAD, f"{SAID}; mend its training_file and start a new one"),
        (
            JobError(code="server_error", message="oh"),
            "job ftjob-1 failed: oh (code server_error); its events may say more",
        ),
        (JobError(message="oh"), "job ftjob-1 failed: oh; its events may say more"),
        (JobError(code="bad"), "job ftjob-1 failed: the server gave no reason (code bad); its events may say more"),
        (None, "job ftjob-1 failed: the server gave no reason; its events may say more"),
    ],
    ids=range(5),
)
def test_a_failed_job_says_why_with_code_and_param_and_what_to_do(error: JobError | None, text: str) -> None:
    assert str(failure(failed(error))) == text


def test_a_failed_fine_tune_says_the_last_error_of_its_events() -> None:
    with pytest.raises(JobFailed, match=r"^fine-tune ft-1 failed: no room; its events may say more$"):
        LEGACY.outcome(OLD)


def test_the_error_of_a_failed_job_has_its_code_and_param() -> None:
    error = failure(failed(BAD))
    assert (error.code, error.param) == ("invalid_training_file", "training_file")
    assert repr(error).endswith("job='ftjob-1', code='invalid_training_file', param='training_file')")


def test_the_error_of_a_job_that_does_not_say_why_has_neither() -> None:
    error = failure(failed(None))
    assert (error.code, error.param) == (None, None)


def test_a_cancelled_job_is_told_from_a_failed_one() -> None:
    with pytest.raises(JobCancelled, match=r"^job ftjob-1 was cancelled$"):
        CURRENT.outcome(FineTuningJob(id="ftjob-1", status="cancelled"))


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("failed", "it failed; retrieve it, its error says why"),
        ("cancelled", "it was cancelled"),
        ("succeeded", "it succeeded, but the server names none; look at client.files.list()"),
        ("running", "it is still running; wait until it has succeeded"),
        ("validating_files", "it is still validating_files; wait until it has succeeded"),
        ("", "it has not ended; wait until it has succeeded"),
    ],
)
def test_a_job_without_results_says_how_far_it_is(status: str, text: str) -> None:
    assert (
        CURRENT.without_results(FineTuningJob(id="ftjob-1", status=status))
        == f"job ftjob-1 has no results file: {text}"
    )
