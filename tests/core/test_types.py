"""Answers as values: tolerant of what hosts add, leave out, or send as null."""

from __future__ import annotations

import ast
import copy
import inspect
import json
import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from openft import data, types
from openft.types import Completion, File, FineTune, FineTuneEvent, Hyperparams, JobError, Model, SucceededFineTune
from openft.types._answer import Answer
from openft.types.content import FileContent
from openft.types.page import Page
from openft.types.results import Results, StepMetrics

PUBLIC: list[Any] = [getattr(types, name) for name in types.__all__]
ANSWERS = [kind for kind in PUBLIC if inspect.isclass(kind) and issubclass(kind, Answer)]
NEEDED: dict[str, Any] = {"id": "x", "deleted": True, "text": "", "fine_tuned_model": "m"}


def least(kind: type[Answer]) -> dict[str, Any]:
    return {name: NEEDED[name] for name, field in kind.model_fields.items() if field.is_required()}


@pytest.mark.parametrize("room", [types, data])
def test_what_type_checkers_see_is_what_is_exported(room: Any) -> None:
    blocks = [node for node in ast.parse(inspect.getsource(room)).body if isinstance(node, ast.If)]
    imports = [node for node in blocks[0].body if isinstance(node, ast.ImportFrom)]
    assert sorted(alias.name for node in imports for alias in node.names) == sorted(room.__all__) == dir(room)
    for node in imports:
        assert all(getattr(import_module(str(node.module)), alias.name) for alias in node.names)


@pytest.mark.parametrize("room", [types, data])
def test_a_misspelt_name_is_an_error(room: Any) -> None:
    with pytest.raises(AttributeError, match=rf"module '{room.__name__}' has no attribute 'Fiel'"):
        room.Fiel  # noqa: B018


def test_a_kind_of_answers_is_loaded_when_it_is_first_used() -> None:
    code = "import sys, openft.types; openft.types.Model; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "openft.types.models" in loaded
    assert "openft.types.chat" not in loaded


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_may_lack_all_but_what_names_it(kind: type[Answer]) -> None:
    value = kind.model_validate(least(kind))
    assert value.to_dict() == least(kind)


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_may_have_null_for_all_but_what_names_it(kind: type[Answer]) -> None:
    nulls = dict.fromkeys(kind.model_fields) | least(kind)
    value = kind.model_validate_json(json.dumps(nulls))
    for name, field in kind.model_fields.items():
        if not field.is_required():
            assert getattr(value, name) == field.get_default(call_default_factory=True)


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_keeps_what_nobody_knows(kind: type[Answer]) -> None:
    value: Any = kind.model_validate({**least(kind), "brand_new": None, "model_new": {"a": [1]}})
    assert (value.brand_new, value.model_new) == (None, {"a": [1]})
    assert json.loads(value.to_json()) == value.to_dict() == {**least(kind), "brand_new": None, "model_new": {"a": [1]}}


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_is_frozen_and_can_be_pickled_and_copied(kind: type[Answer]) -> None:
    value = kind.model_validate({**least(kind), "brand_new": 1})
    assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value
    with pytest.raises(AttributeError, match=f"a {kind.__name__} is frozen; model_copy"):
        value.brand_new = 2  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="is frozen; brand_new stays"):
        del value.brand_new  # type: ignore[attr-defined]


@pytest.mark.parametrize("wrong", [None, 5, "x", [], [["id", "x"]]], ids=repr)
def test_an_answer_must_be_an_object(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        File.model_validate(wrong)


def test_a_page_must_have_data() -> None:
    with pytest.raises(ValidationError):
        Page[File].model_validate({"object": "list"})


@pytest.mark.parametrize(
    ("status", "finished", "succeeded"),
    [
        *[(status, False, False) for status in ("pending", "running", "", "resting")],
        ("succeeded", True, True),
        ("failed", True, False),
        ("cancelled", True, False),
    ],
)
def test_only_three_words_are_the_end(status: str, finished: bool, succeeded: bool) -> None:
    job = FineTune(id="ft-1", status=status)
    assert (job.finished, job.succeeded) == (finished, succeeded)


def test_a_job_that_did_not_fail_has_no_error() -> None:
    told = [FineTuneEvent(level="error", message="Error: a hiccup")]
    assert FineTune(id="ft-1", status="running", events=told).error is None


def test_a_job_that_failed_has_its_last_error() -> None:
    told = [
        FineTuneEvent(level="error", message="Error: one"),
        FineTuneEvent(level="error", message="two"),
        FineTuneEvent(),
    ]
    assert FineTune(id="ft-1", status="failed", events=told).error == JobError(message="two")
    assert FineTune(id="ft-1", status="failed").error == JobError()


def test_a_success_has_its_model() -> None:
    with pytest.raises(ValidationError):
        SucceededFineTune(id="ft-1", fine_tuned_model=None)  # type: ignore[arg-type]


def test_content_reads_as_text_and_bytes() -> None:
    content = FileContent(b"\xef\xbb\xbfa\xff")
    assert (content.read(), content.text, repr(content)) == (
        b"\xef\xbb\xbfa\xff",
        "a\ufffd",
        "<FileContent of 5 bytes>",
    )


def test_results_are_values() -> None:
    results = Results([StepMetrics(1)], b"step\n1\n", "file-1")
    assert pickle.loads(pickle.dumps(results)) == results


def samples() -> list[Any]:
    folder = Path(__file__).parent / "samples"
    return [
        pytest.param(json.loads(line), id=f"{file.stem}-{number}")
        for file in sorted(folder.glob("*.jsonl"))
        for number, line in enumerate(file.read_text("utf-8").splitlines())
    ]


KINDS: dict[str, type[Answer]] = {
    "fine-tune": FineTune,
    "file": File,
    "model": Model,
    "text_completion": Completion,
    "fine-tune-event": FineTuneEvent,
}


@pytest.mark.parametrize("sample", samples())
def test_what_hosts_have_sent_is_read_without_loss(sample: dict[str, Any]) -> None:
    assert KINDS[sample["object"]].model_validate(sample).to_dict() == sample


@given(
    st.dictionaries(
        st.sampled_from([*FineTune.model_fields, "x"]), st.none() | st.integers() | st.text() | st.lists(st.none())
    )
)
def test_whatever_comes_is_a_job_or_one_error(fields: dict[str, Any]) -> None:
    try:
        job: BaseModel = FineTune.model_validate({"id": "ft-1", **fields})
    except ValidationError:
        return
    assert job.model_dump(exclude_unset=True).keys() <= {"id", *fields}


def test_hyperparams_may_be_any_of_the_old_shapes() -> None:
    assert Hyperparams.model_validate({"n_epochs": 4, "use_packing": True}).n_epochs == 4
