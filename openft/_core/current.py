"""How today's API speaks of jobs."""

from __future__ import annotations

from openft._core.wire import Wire, with_model
from openft.types import FineTuningJob, FineTuningJobEvent, SucceededJob

CURRENT = Wire(
    noun="job",
    root=("fine_tuning", "jobs"),
    page=100,
    job=FineTuningJob,
    event=FineTuningJobEvent,
    parsed=FineTuningJob.model_validate,
    succeeded=lambda job: with_model(job, SucceededJob),
    result_files=lambda job: job.result_files,
    tells_why=True,
)
"""Today's API: events come newest first, in pages."""
