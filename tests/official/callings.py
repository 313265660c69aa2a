"""Calls that both clients have, as data; ``callings.py openai URL`` makes them with openai."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

ROWS = b'{"prompt": "a ->", "completion": " b"}\n' * 10
GRADER = {"type": "string_check", "name": "same", "input": "{{item.a}}", "reference": "x", "operation": "eq"}
METHOD = {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1, "n_epochs": "auto"}}}
SAY = [{"role": "user", "content": "안녕 \U0001f600"}]
EXPIRES = {"anchor": "created_at", "seconds": 3600}
CHECKPOINT = "ft:gpt-4o-mini:org::96olL566:ckpt-step-2000"
UPLOAD = {"bytes": 390, "filename": "train.jsonl", "mime_type": "text/jsonl", "purpose": "fine-tune"}
WANDB = {"type": "wandb", "wandb": {"project": "p", "tags": ["a"]}}

CALLS: list[tuple[str, str, tuple[Any, ...], dict[str, Any]]] = [
    ("files", "create", (), {"file": ("train.jsonl", ROWS), "purpose": "fine-tune"}),
    ("files", "create", (), {"file": ("t.jsonl", ROWS), "purpose": "fine-tune", "expires_after": EXPIRES}),
    ("files", "list", (), {}),
    ("files", "list", (), {"after": "file-1", "limit": 5, "order": "asc", "purpose": "fine-tune"}),
    ("files", "retrieve", ("file-1",), {}),
    ("files", "content", ("file-1",), {}),
    ("files", "delete", ("file-1",), {}),
    ("files", "wait_for_processing", ("file-1",), {}),
    ("uploads", "create", (), UPLOAD),
    ("uploads", "create", (), {**UPLOAD, "expires_after": EXPIRES}),
    ("uploads.parts", "create", ("upload_1",), {"data": ROWS}),
    ("uploads", "complete", ("upload_1",), {"part_ids": ["b", "a"], "md5": "d41d8cd98f00b204e9800998ecf8427e"}),
    ("uploads", "complete", ("upload_1",), {"part_ids": ["a"]}),
    ("uploads", "cancel", ("upload_1",), {}),
    ("fine_tuning.jobs", "create", (), {"model": "gpt-4o-mini", "training_file": "file-1"}),
    (
        "fine_tuning.jobs",
        "create",
        (),
        {
            "model": "gpt-4o-mini",
            "training_file": "file-1",
            "hyperparameters": {"n_epochs": 2, "batch_size": "auto", "learning_rate_multiplier": 0.5},
            "integrations": [WANDB],
            "metadata": {"team": "영화"},
            "method": METHOD,
            "seed": 0,
            "suffix": "mood",
            "validation_file": "file-2",
            "extra_body": {"brand_new": None},
            "extra_query": {"a": "b c"},
        },
    ),
    ("fine_tuning.jobs", "list", (), {}),
    ("fine_tuning.jobs", "list", (), {"after": "ftjob-1", "limit": 2, "metadata": {"key": "va lue", "k&": "ü/"}}),
    ("fine_tuning.jobs", "retrieve", ("ftjob-1",), {}),
    ("fine_tuning.jobs", "cancel", ("ftjob-1",), {}),
    ("fine_tuning.jobs", "pause", ("ftjob-1",), {}),
    ("fine_tuning.jobs", "resume", ("ftjob-1",), {}),
    ("fine_tuning.jobs", "list_events", ("ftjob-1",), {"after": "ftevent-1", "limit": 3}),
    ("fine_tuning.jobs.checkpoints", "list", ("ftjob-1",), {"after": "ftckpt_1", "limit": 3}),
    ("fine_tuning.checkpoints.permissions", "create", (CHECKPOINT,), {"project_ids": ["proj_1"]}),
    (
        "fine_tuning.checkpoints.permissions",
        "list",
        (CHECKPOINT,),
        {"after": "cp_1", "limit": 1, "order": "ascending", "project_id": "proj_1"},
    ),
    ("fine_tuning.checkpoints.permissions", "delete", ("cp_1",), {"fine_tuned_model_checkpoint": CHECKPOINT}),
    ("fine_tuning.alpha.graders", "run", (), {"grader": GRADER, "model_sample": "x", "item": {"a": 1}}),
    ("fine_tuning.alpha.graders", "validate", (), {"grader": GRADER}),
    ("models", "list", (), {}),
    ("models", "retrieve", (CHECKPOINT,), {}),
    ("models", "delete", ("ft:ada:org/x y",), {}),
    ("completions", "create", (), {"model": "ada", "prompt": ["a ->", "b ->"], "max_tokens": 1, "logprobs": 2}),
    ("completions", "create", (), {"model": "ada", "prompt": [1, 2], "stop": ["\n"], "logit_bias": {"50256": -100}}),
    ("completions", "create", (), {"model": "ada", "prompt": "a", "stream": False, "n": 2, "temperature": 0}),
    ("chat.completions", "create", (), {"model": "ada", "messages": SAY, "temperature": 0.5, "tools": []}),
    ("chat.completions", "create", (), {"model": "ada", "messages": SAY, "stream": False, "seed": 1}),
]
"""Resource, call, positional and keyword arguments."""


def client_of(name: str, url: str) -> Any:
    module = import_module(name)
    return (module.OpenAI if name == "openai" else module.Client)(api_key="sk-test", base_url=url, max_retries=0)


def make(client: Any, number: int) -> None:
    """Make a call, and look at what it returns, so that it is really made."""
    resource, name, args, kwargs = CALLS[number]
    for part in resource.split("."):
        client = getattr(client, part)
    answer = getattr(client, name)(*args, **kwargs)
    if name.startswith("list"):
        assert answer.data == []


if __name__ == "__main__":
    for call in range(len(CALLS)):
        make(client_of(sys.argv[1], sys.argv[2]), call)
