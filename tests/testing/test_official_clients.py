"""The official clients of today and of 2023, unmodified, in environments of their own, over a port."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from openft.testing import FakeAPI, Status
from testing.asking import CHAT, ROWS

ROOT = Path(__file__).resolve().parents[2]
TODAY = """
import json, sys, openai
client = openai.OpenAI(base_url=sys.argv[1], api_key="sk-x", max_retries=2)
rows = open(sys.argv[2], "rb").read()
seen = {}
file = client.files.create(file=("train.jsonl", rows), purpose="fine-tune",
                           expires_after={"anchor": "created_at", "seconds": 3600})
assert client.files.wait_for_processing(file.id).status == "processed"
assert client.files.content(file.id).read() == rows
seen["files"] = [each.id for each in client.files.list(limit=1)] == [file.id]

upload = client.uploads.upload_file_chunked(file=rows, filename="b.jsonl", bytes=len(rows), mime_type="text/jsonl",
                                            purpose="fine-tune", part_size=50)
seen["upload"] = upload.status, upload.file.bytes

jobs = client.fine_tuning.jobs
made = [jobs.create(model="gpt-4o-mini", training_file=file.id, suffix="mood", seed=1, metadata={"n": str(n)},
                    method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}})
        for n in range(3)]
job = made[0]
seen["created"] = job.status, job.method.type, job.error.code
while job.status not in ("succeeded", "failed"):
    job = jobs.retrieve(job.id)
seen["ended"] = job.status, job.trained_tokens > 0, job.hyperparameters.n_epochs
seen["list"] = [each.metadata["n"] for each in jobs.list(limit=1)]
events = list(jobs.list_events(job.id, limit=3))
seen["events"] = events[0].message, events[-1].message.split(":")[0], len({each.id for each in events}) == len(events)
checkpoints = list(jobs.checkpoints.list(job.id, limit=1))
seen["checkpoints"] = [each.step_number for each in checkpoints]
name = checkpoints[0].fine_tuned_model_checkpoint
permissions = client.fine_tuning.checkpoints.permissions
granted = permissions.create(name, project_ids=["proj_a"]).data[0]
seen["permissions"] = [each.project_id for each in permissions.list(name)], permissions.delete(
    granted.id, fine_tuned_model_checkpoint=name).deleted
seen["results"] = client.files.content(job.result_files[0]).text.split(",")[0]

model = job.fine_tuned_model
chat = [{"role": "user", "content": "dull"}]
seen["chat"] = client.chat.completions.create(model=model, messages=chat).choices[0].message.content
pieces = client.chat.completions.create(model=model, messages=chat, stream=True)
seen["chat stream"] = "".join(piece.choices[0].delta.content or "" for piece in pieces)
seen["completion"] = client.completions.create(model=model, prompt="x", max_tokens=1, logprobs=2).choices[0].text
seen["completion stream"] = "".join(
    piece.choices[0].text for piece in client.completions.create(model=model, prompt="x", stream=True))
grader = {"type": "string_check", "name": "g", "input": "{{sample.output_text}}", "reference": "{{item.a}}",
          "operation": "eq"}
graders = client.fine_tuning.alpha.graders
seen["graders"] = graders.run(grader=grader, item={"a": "b"}, model_sample="b").reward, graders.validate(
    grader=grader).grader.name
seen["model"] = client.models.delete(model).deleted, model in [each.id for each in client.models.list()]
try:
    client.models.retrieve(model)
except openai.NotFoundError as error:
    seen["gone"] = error.code, error.param
seen["deleted"] = client.files.delete(file.id).deleted
print(json.dumps(seen))
"""
LEGACY = """
import json, sys, openai
openai.api_base, openai.api_key = sys.argv[1], "sk-x"
rows = open(sys.argv[2], "rb")
seen = {}
file = openai.File.create(file=rows, purpose="fine-tune", user_provided_filename="train.jsonl")
job = openai.FineTune.create(training_file=file.id, model="ada", n_epochs=2, suffix="mood")
seen["created"] = job.status, len(job.events) >= 3
told = [event.message for event in openai.FineTune.stream_events(job.id)]
seen["stream"] = told[-1]
job = openai.FineTune.retrieve(job.id)
seen["ended"] = job.status, job.fine_tuned_model.startswith("ada:ft-personal:mood-")
seen["list"] = [each.id == job.id for each in openai.FineTune.list().data]
seen["events"] = [event.message for event in openai.FineTune.list_events(job.id).data] == told
seen["results"] = openai.File.download(job.result_files[0].id).decode().split(",")[0]
seen["today"] = openai.FineTuningJob.retrieve(job.id.replace("ft-", "ftjob-")).status
seen["today's events"] = len(openai.FineTuningJob.list_events(job.id, limit=2).data)
made = openai.FineTuningJob.create(training_file=file.id, model="babbage-002", hyperparameters={"n_epochs": 1})
seen["cancel"] = openai.FineTuningJob.cancel(made.id).status
answer = openai.Completion.create(model=job.fine_tuned_model, prompt="dull ->", max_tokens=1, logprobs=2)
seen["completion"] = answer.choices[0].text, sorted(answer.choices[0].logprobs.top_logprobs[0])
pieces = openai.Completion.create(engine=job.fine_tuned_model, prompt="dull ->", stream=True)
seen["completion stream"] = "".join(piece.choices[0].text for piece in pieces)
seen["model"] = openai.Model.delete(job.fine_tuned_model).deleted
try:
    openai.FineTune.cancel(job.id)
except openai.error.InvalidRequestError as error:
    seen["cancel again"] = error.code, error.param
seen["deleted"] = openai.FineTune.delete(job.id).deleted, openai.File.delete(file.id).deleted
print(json.dumps(seen))
"""


def run(environment: str, code: str, api: FakeAPI, rows: bytes, folder: Path) -> dict[str, Any]:
    """Return what a client of another environment has seen."""
    python = ROOT / environment / "bin" / "python"
    assert python.exists(), f"this client has an environment of its own; run: make {environment}/ready"
    (folder / "rows.jsonl").write_bytes(rows)
    with api.port() as url:
        done = subprocess.run(
            [str(python), "-c", code, url, str(folder / "rows.jsonl")],
            capture_output=True, text=True, check=False, timeout=60, env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_openai_of_today_runs_a_jobs_whole_life(tmp_path: Path) -> None:
    api = FakeAPI(step=100)
    api.fail_next(Status(503, retry_after=0), method="POST", path="/fine_tuning/jobs")
    assert run(".venv-base", TODAY, api, CHAT, tmp_path) == {
        "files": True,
        "upload": ["completed", len(CHAT)],
        "created": ["validating_files", "supervised", None],
        "ended": ["succeeded", True, 2],
        "list": ["2", "1", "0"],
        "events": ["The job has successfully completed", "Created fine-tuning job", True],
        "checkpoints": [4, 2],
        "permissions": [["proj_a"], True],
        "results": "step",
        "chat": "negative",
        "chat stream": "negative",
        "completion": "positive",
        "completion stream": "positive",
        "graders": [1.0, "g"],
        "model": [True, False],
        "gone": ["model_not_found", "model"],
        "deleted": True,
    }
    assert len(api.jobs) == 3


def test_openai_of_2023_runs_a_jobs_whole_life(tmp_path: Path) -> None:
    assert run(".venv-legacy", LEGACY, FakeAPI(step=100), ROWS, tmp_path) == {
        "created": ["pending", True],
        "stream": "Fine-tune succeeded",
        "ended": ["succeeded", True],
        "list": [True],
        "events": True,
        "results": "step",
        "today": "succeeded",
        "today's events": 2,
        "cancel": "cancelled",
        "completion": [" negative", [" negative", " positive"]],
        "completion stream": " negative",
        "model": True,
        "cancel again": ["already_finished", "id"],
        "deleted": [True, True],
    }


PAUSE = """
import json, sys, openai
jobs = openai.OpenAI(base_url=sys.argv[1], api_key="sk-x").fine_tuning.jobs
print(json.dumps({"statuses": [getattr(jobs, what)(sys.argv[3]).status for what in ("pause", "resume", "cancel")]}))
"""


def test_openai_of_today_pauses_resumes_and_cancels(tmp_path: Path, openft_api: FakeAPI) -> None:
    ours = openft_api.client()
    file = ours.files.create(file=("train.jsonl", CHAT))
    job = ours.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    seen = run(".venv-base", PAUSE.replace("sys.argv[3]", repr(job.id)), openft_api, CHAT, tmp_path)
    assert seen["statuses"] == ["paused", "validating_files", "cancelled"]
