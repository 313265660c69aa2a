"""A request as a value: paths, forms, bodies."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, get_type_hints
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from openft._async.files import AsyncFiles
from openft._async.fine_tunes import AsyncFineTunes
from openft._async.fine_tuning_jobs import AsyncFineTuningJobs
from openft._core.call import plan
from openft._core.chat_options import ChatOptions
from openft._core.completion_options import CompletionOptions
from openft._core.legacy import position
from openft._core.multipart import Form, Upload, escape
from openft._core.options import RequestOptions, refuse_unknown
from openft._core.outgoing import by_name
from openft._core.request import Request, path
from openft._runtime.disk import pieces
from openft.config import Settings
from openft.errors import ConfigError
from openft.types.requests import ChatCompletionCreate, CompletionCreate, FineTuneCreate

SETTINGS = Settings("http://127.0.0.1/v1", "sk-x")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_an_id_is_one_segment_or_refused(text: str) -> None:
    try:
        made = path("files", text, "content")
    except ConfigError:
        assert not text.strip() or text in {".", ".."} or not text.isprintable() or len(text) > 1024
    else:
        assert made.isascii()
        assert made.count("/") == 3
        assert not set(made) & set("?#\\ ")
        assert unquote(made.split("/")[2]) == text


@given(st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=3), TEXTS, st.binary())
def test_a_form_is_as_long_as_it_says(fields: dict[str, str], name: str, content: bytes) -> None:
    form = Form(fields, "file", Upload(name, content, len(content)))
    body = b"".join(pieces(form))
    assert len(body) == form.size()
    assert body.count(b"--" + form.boundary.encode()) == len(fields) + 2
    assert content in body


@given(st.text())
def test_a_name_cannot_leave_its_quotes(name: str) -> None:
    assert not set(escape(name)) & set('"\r\n\0')


def test_two_forms_have_different_boundaries() -> None:
    upload = Upload("a", b"", 0)
    assert Form({}, "file", upload).boundary != Form({}, "file", upload).boundary


def test_a_form_of_unknown_length_says_so() -> None:
    assert Form({}, "file", Upload("a", lambda: [b"x"], None)).size() is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, json_values, max_size=5))
def test_a_body_is_what_was_given_without_what_is_none(fields: dict[str, Any]) -> None:
    call = plan(Request("POST", "/x", object, json=fields), {}, SETTINGS)
    assert call.content is not None
    assert json.loads(call.content) == {name: value for name, value in fields.items() if value is not None}


def test_a_call_reads_well_without_its_query() -> None:
    assert str(plan(Request("GET", "/x", object, query={"q": "private"}), {}, SETTINGS)) == "GET /x"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_retry": 1}, "there is no parameter max_retry; did you mean max_retries?"),
        ({"sufix": "a"}, "there is no parameter sufix; did you mean suffix?"),
        (
            {"n_epochs": 3, "batch_size": 1},
            "there is no parameter batch_size, n_epochs; pass it as hyperparameters={'batch_size': …}",
        ),
        (
            {"new": 1},
            "there is no parameter new; check its spelling, or pass extra_body={'new': …} if the host has it",
        ),
    ],
    ids=str,
)
def test_an_option_that_is_none_is_refused_with_what_may_be_meant(options: Any, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan(Request("POST", "/x", object, json={"suffix": None, "hyperparameters": None}), options, SETTINGS)
    assert str(caught.value) == text


def test_a_number_of_training_is_no_hyperparameter_where_there_are_none() -> None:
    with pytest.raises(ConfigError, match="n_epochs; check its spelling"):
        refuse_unknown({"n_epochs": 3}, [])


@pytest.mark.parametrize("create", [AsyncFiles.create, AsyncFineTunes.create, AsyncFineTuningJobs.create])
def test_what_may_be_meant_is_a_parameter_that_can_be_given(create: Callable[..., object]) -> None:
    with pytest.raises(ConfigError, match="no parameter optoins; check its spelling"):
        refuse_unknown({"optoins": {}}, create)
    with pytest.raises(ConfigError, match="no parameter max_retris; did you mean max_retries"):
        refuse_unknown({"max_retris": 1}, create)


def test_the_parameters_of_a_call_are_looked_up_only_where_something_is_unknown() -> None:
    class Shy:
        def __call__(self) -> None: ...

        @property
        def __signature__(self) -> inspect.Signature:
            raise AssertionError("this takes time")

    refuse_unknown({"timeout": 3}, Shy())
    with pytest.raises(AssertionError, match="this takes time"):
        refuse_unknown({"time": 3}, Shy())


@pytest.mark.parametrize(
    ("cursor", "place"),
    [("3", 3), ("0", 0), *((none, None) for none in ("", "-3", "x", "٣", "²", "9" * 5000))],
)
def test_a_cursor_is_a_place_in_the_story(cursor: str, place: int | None) -> None:
    assert position(cursor) == place


# The client's keywords and the server's bodies


def fields_of(body: type[BaseModel]) -> set[str]:
    return set(body.model_fields)


def test_a_fine_tune_takes_the_keywords_that_the_server_knows() -> None:
    keywords = set(inspect.signature(AsyncFineTunes.create).parameters) - {"self", "options"}
    assert keywords == fields_of(FineTuneCreate)


def test_a_completion_takes_the_keywords_that_the_server_knows() -> None:
    ours = set(get_type_hints(CompletionOptions)) - set(get_type_hints(RequestOptions)) | {"model", "prompt", "stream"}
    assert ours == fields_of(CompletionCreate)


def test_a_chat_completion_takes_the_keywords_that_the_server_knows() -> None:
    ours = set(get_type_hints(ChatOptions)) - set(get_type_hints(RequestOptions)) | {"messages", "model", "stream"}
    assert ours == fields_of(ChatCompletionCreate)


@pytest.mark.parametrize("body", [FineTuneCreate, CompletionCreate])
def test_a_body_refuses_what_it_does_not_know(body: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="n_epoch"):
        body.model_validate({"model": "ada", "training_file": "f", "n_epoch": 3})


def test_a_body_takes_null_for_absent() -> None:
    given = dict.fromkeys(FineTuneCreate.model_fields) | {"training_file": "file-1"}
    assert FineTuneCreate.model_validate(given) == FineTuneCreate(training_file="file-1")


@pytest.mark.parametrize("value", ["4", 4.5, True, [4]], ids=repr)
def test_a_body_coerces_nothing(value: Any) -> None:
    with pytest.raises(ValidationError, match="n_epochs"):
        FineTuneCreate.model_validate({"training_file": "file-1", "n_epochs": value})


def test_a_body_must_be_an_object() -> None:
    with pytest.raises(ValidationError):
        FineTuneCreate.model_validate(["training_file"])


def test_headers_that_come_more_than_once_are_one_list_in_whatever_encoding() -> None:
    raw = [(b"X-Word", "é".encode()), (b"x-word", b"\xe9"), (b"Other", b"1")]
    assert by_name(raw) == {"x-word": "é, é", "other": "1"}
