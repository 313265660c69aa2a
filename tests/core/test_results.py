"""Results files, as real hosts write them."""

from __future__ import annotations

from base64 import b64encode, encodebytes
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openft._core.results import step_metrics
from openft.errors import APIResponseValidationError
from openft.types import StepMetrics


def rows(text: str) -> list[StepMetrics]:
    return step_metrics(text.encode(), "file-1")


def test_columns_are_found_by_name_in_any_order() -> None:
    first = rows("step,elapsed_tokens,elapsed_examples,training_loss,validation_loss\n1,10,2,0.5,0.25\n")
    second = rows("validation_loss,training_loss,elapsed_examples,elapsed_tokens,step\n0.25,0.5,2,10,1\n")
    assert first == second == [StepMetrics(1, 10, 2, 0.5, validation_loss=0.25)]


@pytest.mark.parametrize("gap", ["", " ", "-1", "-1.0", "nan", "NaN", "NAN"])
def test_a_gap_is_none(gap: str) -> None:
    row = rows(f"step,training_loss,validation_loss,classification/accuracy\n1,0.5,{gap},{gap}\n")[0]
    assert (row.validation_loss, row.classification) == (None, {})


def test_classification_has_the_columns_without_their_prefix() -> None:
    row = rows("step,classification/accuracy,classification/f1.0,classification/auroc\n3,0.9,0.8,\n")[0]
    assert row.classification == {"accuracy": 0.9, "f1.0": 0.8}


TODAY = (
    "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n"
    "1,0.5,0.75,,\n2,0.25,1.0,0.125,0.5\n3,0.2,,-1,-1\n"
)


def test_todays_columns_are_the_same_fields() -> None:
    assert rows(TODAY) == [
        StepMetrics(1, training_loss=0.5, training_token_accuracy=0.75),
        StepMetrics(
            2, training_loss=0.25, training_token_accuracy=1, validation_loss=0.125, validation_token_accuracy=0.5
        ),
        StepMetrics(3, training_loss=0.2),
    ]


def test_fields_can_be_read_under_todays_names() -> None:
    row = rows(TODAY)[1]
    assert (row.train_loss, row.train_accuracy, row.valid_loss, row.valid_mean_token_accuracy) == (0.25, 1, 0.125, 0.5)


def test_a_column_under_both_names_counts_under_the_one_of_2023() -> None:
    row = rows("step,train_loss,training_loss,valid_loss\n1,9,0.5,9\n")[0]
    assert (row.training_loss, row.validation_loss, row.extra) == (0.5, 9, {})


@pytest.mark.parametrize("encode", [b64encode, encodebytes], ids=["one line", "many lines"])
@pytest.mark.parametrize(
    "text", [TODAY, "\ufeff" + TODAY, "step\n1\n2\n3\n"], ids=["table", "with a mark", "one column"]
)
def test_a_table_in_base64_is_read_like_a_plain_one(encode: Callable[[bytes], bytes], text: str) -> None:
    assert step_metrics(encode(text.encode()), "file-1") == rows(text)


def test_steps_that_look_like_base64_are_a_table() -> None:
    assert rows("step\n1234\n") == [StepMetrics(1234)]


def test_columns_that_nobody_knows_are_kept_as_they_are() -> None:
    assert rows("step,reward\n1,0.5x\n")[0].extra == {"reward": "0.5x"}


@pytest.mark.parametrize(
    "text",
    [
        "step,training_loss\r\n1,0.5\r\n",
        "\ufeffstep,training_loss\n1,0.5\n",
        "step,training_loss\n1.0,5e-1",
        "step,training_loss\n1,0.5,9,9\n",
        "step,training_loss\n\n1,0.5\n\n",
        '"step","training_loss"\n"1","0.5"\n',
    ],
    ids=range(6),
)
def test_files_are_read_in_many_dialects(text: str) -> None:
    assert rows(text) == [StepMetrics(1, training_loss=0.5)]


def test_a_short_row_has_gaps() -> None:
    assert rows("step,training_loss,reward\n1\n") == [StepMetrics(1)]


def test_a_header_alone_has_no_rows() -> None:
    assert rows("step\n") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it has no column 'step'"),
        ("c3RlcCx0cmFpbg", "it has no column 'step'"),
        ("<html>", "it has no column 'step'"),
        ("aGVsbG8=", "it has no column 'step'"),
        ("step,training_loss\n1,0.5\n2,a lot\n", "line 3: could not convert string to float: 'a lot'"),
        ("step,training_loss\n,0.5\n", "line 2: a row has no step"),
        ("step\n1e400\n", "line 2: cannot convert float infinity"),
        ("step,x\n1," + "y" * 17_000_000, "field larger than field limit"),
    ],
    ids=range(8),
)
def test_what_is_no_table_of_steps_is_refused(text: str, words: str) -> None:
    with pytest.raises(APIResponseValidationError, match=words) as caught:
        rows(text)
    assert str(caught.value).startswith("file file-1 is not a results file: ")


@given(st.binary() | st.text().map(lambda text: f"step,a\n1,{text}".encode("utf-8", "replace")))
def test_whatever_comes_is_rows_or_one_error(raw: bytes) -> None:
    with suppress(APIResponseValidationError):
        step_metrics(raw, "file-1")


def test_a_row_as_plain_data_has_what_was_measured_under_the_names_of_its_columns() -> None:
    (row,) = rows("step,train_loss,valid_loss,classification/f1.0,reward\n3,0.5,-1,0.25,high\n")
    assert row.to_dict() == {"step": 3, "training_loss": 0.5, "classification/f1.0": 0.25, "reward": "high"}
    assert StepMetrics(1, validation_loss=0.0).to_dict() == {"step": 1, "validation_loss": 0.0}
