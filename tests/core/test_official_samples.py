"""The samples of OpenAI's own API description are read without loss."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from openft import types
from openft.types.page import Page

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "spec" / "current.examples.json"
KINDS: dict[str, type[BaseModel]] = {
    "fine_tuning.job": types.FineTuningJob,
    "fine_tuning.job.event": types.FineTuningJobEvent,
    "fine_tuning.job.checkpoint": types.FineTuningJobCheckpoint,
    "checkpoint.permission": types.CheckpointPermission,
    "file": types.File,
    "model": types.Model,
    "upload": types.Upload,
    "upload.part": types.UploadPart,
    "text_completion": types.Completion,
    "chat.completion": types.ChatCompletion,
    "chat.completion.chunk": types.ChatCompletionChunk,
}
SLIPS = [
    (r",(\s*[}\]])", r"\1"),  # a comma too many
    (r"\{ \.\.\. \},?\s*", ""),
    (r'"(\s*\n\s*)"', r'",\1"'),  # a comma too few
    (r"\bNone\b", "null"),
    (r",(\s*\])", r"\1"),
]
"""What the description's own samples are wrong in."""


def documents(text: str) -> Iterator[Any]:
    """Yield the JSON documents of a sample, several where it shows a stream."""
    if '"""' in text or "(\n" in text:  # some are Python
        yield ast.literal_eval(re.sub(r"\b(null)\b", "None", text))
        return
    try:
        yield json.loads(text)
    except ValueError:
        for pattern, replacement in SLIPS:
            text = re.sub(pattern, replacement, text)
        decoder, rest = json.JSONDecoder(), text.strip()
        while rest.startswith("{"):
            document, end = decoder.raw_decode(rest)
            yield document
            rest = rest[end:].lstrip(" \n.")


def told(entry: dict[str, Any]) -> list[str]:
    """Return what a part of the description shows as answers."""
    shown = entry.get("examples", [])
    answers = [each.get("response") for each in (shown if isinstance(shown, list) else [shown])]
    return [text for text in (*answers, entry.get("example")) if isinstance(text, str) and text.strip()]


def samples() -> list[Any]:
    if not SAMPLES.exists():
        return []
    found = []
    for name, entry in json.loads(SAMPLES.read_text("utf-8")).items():
        for text in told(entry):
            found += [pytest.param(document, id=f"{name}-{n}") for n, document in enumerate(documents(text))]
    return found


def kind_of(sample: dict[str, Any]) -> Any:
    """Return the type that stands for a sample."""
    if "reward" in sample:
        return types.GraderRun
    if "grader" in sample:
        return types.GraderValidation
    if sample.get("type") in {"multi", "python", "score_model", "label_model", "string_check", "text_similarity"}:
        return types.Grader
    if sample.get("deleted"):
        deleted = {"file": types.FileDeleted, "model": types.ModelDeleted}
        return deleted.get(sample["object"], types.CheckpointPermissionDeleted)
    if sample["object"] == "list":
        return Page[KINDS[sample["data"][0]["object"]]]  # type: ignore[misc]
    return KINDS[sample["object"]]


def without_nothing(value: Any) -> Any:
    """Return the value without nulls, and without the errors that are none."""
    if isinstance(value, list):
        return [without_nothing(each) for each in value]
    if isinstance(value, dict):
        kept = {name: without_nothing(each) for name, each in value.items() if each is not None}
        return {name: each for name, each in kept.items() if not (name == "error" and each == {})}
    return value


@pytest.mark.skipif(not SAMPLES.exists(), reason="the API description is not here")
def test_there_are_samples_of_all_kinds() -> None:
    kinds = {str(kind_of(case.values[0])) for case in samples()}
    assert {str(kind) for kind in KINDS.values()} <= kinds
    assert len(samples()) > 40


@pytest.mark.parametrize("sample", samples())
def test_a_sample_is_read_without_loss(sample: dict[str, Any]) -> None:
    value = kind_of(sample).model_validate_json(json.dumps(sample))
    assert without_nothing(value.to_dict()) == without_nothing(sample)
