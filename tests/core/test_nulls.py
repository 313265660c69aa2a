"""Nulls where no null can be, and documents made to do harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from openft._core.answer import Raw, parse, reader
from openft.errors import APIResponseValidationError
from openft.types import Completion, File, FineTune
from openft.types._answer import Answer
from openft.types._nulls import ROUNDS
from openft.types.page import Page


class Leaf(Answer):
    text: str = ""
    maybe: int | None = None
    either: str | list[str] = "none"


class Tree(Answer):
    name: str
    leaf: Leaf = Leaf()
    leaves: list[Leaf] = []
    words: list[str] = []
    by_name: dict[str, list[Leaf]] = {}
    one_of: Leaf | list[Leaf] | None = None


def tree(**fields: Any) -> Tree:
    """Return a tree, read as an answer is."""
    return reader(Tree)(json.dumps({"name": "oak", **fields}))


def test_a_null_deep_within_is_no_field() -> None:
    value = tree(leaf={"text": None, "maybe": None}, words=None)
    assert value.to_dict() == {"name": "oak", "leaf": {"maybe": None}}
    assert (value.leaf.text, value.words) == ("", [])


def test_a_null_in_some_items_is_no_field_there() -> None:
    sent = [{"text": "a", "maybe": None}, {"text": None, "maybe": 1}, {"maybe": None}, {"text": None, "either": None}]
    assert tree(leaves=sent).to_dict()["leaves"] == [{"text": "a", "maybe": None}, {"maybe": 1}, {"maybe": None}, {}]


def test_a_null_of_the_same_name_elsewhere_stays() -> None:
    value = tree(leaf={"text": None}, leaves=[{"text": "a"}], text=None, by_name={"text": [{"text": None}]})
    assert value.to_dict() == {
        "name": "oak",
        "leaf": {},
        "leaves": [{"text": "a"}],
        "text": None,
        "by_name": {"text": [{}]},
    }


def test_a_null_that_an_item_may_have_stays_where_what_is_below_it_was_refused_in_another() -> None:
    class Page(Answer):
        data: list[Holder]

    class Holder(Answer):
        leaf: Leaf | None = None

    Page.model_rebuild(_types_namespace={"Holder": Holder})
    value = Page.model_validate_json('{"data": [{"leaf": {"text": null}}, {"leaf": null}, {}]}')
    assert value.to_dict() == {"data": [{"leaf": {}}, {"leaf": None}, {}]}


@pytest.mark.parametrize(
    ("sent", "read"), [({"text": None}, {}), ([{"text": None}, {"text": "a"}], [{}, {"text": "a"}])]
)
def test_a_null_within_one_of_several_types_is_no_field(sent: object, read: object) -> None:
    assert tree(one_of=sent).to_dict()["one_of"] == read


def test_a_null_item_is_an_error() -> None:
    with pytest.raises(ValidationError, match=r"words\.1"):
        tree(words=["a", None])


def test_a_null_in_place_of_what_must_be_there_is_an_error() -> None:
    with pytest.raises(ValidationError, match="name"):
        tree(name=None)


def test_what_else_is_wrong_is_told_though_there_are_nulls() -> None:
    with pytest.raises(ValidationError, match=r"leaf\.maybe") as caught:
        tree(words=None, leaf={"text": None, "maybe": "x"})
    assert caught.value.error_count() == 1


def test_the_data_that_was_given_stays_as_it_is() -> None:
    sent: dict[str, Any] = {"name": "oak", "words": None, "leaves": [{"text": None}]}
    assert Tree.model_validate(sent).to_dict() == {"name": "oak", "leaves": [{}]}
    assert sent == {"name": "oak", "words": None, "leaves": [{"text": None}]}


@pytest.mark.parametrize("wrong", [None, [], "x", 5, [{"name": None}]], ids=repr)
def test_what_is_no_object_is_an_error(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Tree.model_validate(wrong)


def test_a_document_may_be_given_as_bytes_and_text() -> None:
    sent = '{"name": "oak", "leaf": {"text": null}}'
    for document in (sent, sent.encode(), bytearray(sent, "utf-8")):
        assert Tree.model_validate_json(document).to_dict() == {"name": "oak", "leaf": {}}


def test_there_is_an_end_to_mending() -> None:
    nulls = dict.fromkeys(map(str, range(ROUNDS + 1)))
    with pytest.raises(ValidationError):
        tree(by_name=nulls)
    assert tree(by_name=dict(list(nulls.items())[:ROUNDS])).by_name == {}


@pytest.mark.parametrize(
    ("kind", "field"),
    [(Page[File], "data"), (Completion, "choices"), (FineTune, "result_files")],
    ids=["page", "choices", "files"],
)
@pytest.mark.parametrize("item", [b"1,", b"null,", b"{},", b'{"id":null},'], ids=str)
def test_a_million_wrong_items_are_one_error(kind: type[Answer], field: str, item: bytes) -> None:
    content = b'{"id": "x", "%b": [%b1]}' % (field.encode(), item * 100_000)
    with pytest.raises(ValidationError) as caught:
        reader(kind)(content)
    assert caught.value.error_count() <= 2


def test_a_million_wrong_values_of_a_dict_are_one_error() -> None:
    wrong = b",".join(b'"%d":""' % number for number in range(100_000))
    content = b'{"id": "x", "choices": [{"text": "", "logprobs": {"top_logprobs": [{%b}]}}]}' % wrong
    with pytest.raises(ValidationError) as caught:
        reader(Completion)(content)
    assert caught.value.error_count() == 1


# Bodies that break parsers


def parsed(content: bytes) -> File:
    return parse(Raw(200, {"content-type": "application/json"}, content), File)


@pytest.mark.parametrize(
    ("content", "bytes"),
    [
        (b'{"id": "f", "bytes": 5, "bytes": 7}', 7),
        (b'\xef\xbb\xbf{"id": "f", "bytes": 7}', 7),
        (b' \n{"id": "f", "bytes": 7, "x": NaN}\n', 7),
        (b'{"id": "f", "bytes": 7.0}', 7),
        (b'{"id": "f", "bytes": 123456789012345678901234567890}', 123456789012345678901234567890),
        (b'{"id": "f", "bytes": 7, "filename": null, "x": 123456789012345678901234567890}', 7),
    ],
    ids=["doubled", "bom", "nan", "float", "large", "large elsewhere"],
)
def test_an_unusual_document_is_read_right(content: bytes, bytes: int) -> None:
    assert parsed(content).bytes == bytes


@pytest.mark.parametrize(
    "content",
    [
        b'{"id": "f", "bytes": NaN}',
        b'{"id": "f", "bytes": Infinity, "filename": null}',
        b'{"id": "f", "bytes": %b}' % (b"9" * 5_000),
        b'{"id": "f", "filename": null, "x": %b}' % (b"9" * 5_000),
        b'{"id": "f", "filename": null, "x": %b}' % (b"[" * 100_000 + b"]" * 100_000),
        b'{"id": "f", "x": %b1%b}' % (b'{"a":' * 100_000, b"}" * 100_000),
        b'{"id": "\xff"}',
        b'{"id": "\\ud800"}',
        b'{"id": "f"} x',
        b'{"id": "f",}',
        '{"id": "f"}'.encode("utf-16"),
        '{"id": "f"}'.encode("utf-16-le"),
        '{"id": "f"}'.encode("utf-32"),
        b'{"id": "f", "bytes": 0x10}',
        b"\0",
        b"<!doctype html>",
    ],
    ids=range(16),
)
def test_a_broken_document_is_one_error(content: bytes) -> None:
    with pytest.raises(APIResponseValidationError, match="is not what the API promises") as caught:
        parsed(content)
    assert len(str(caught.value)) < 400


def test_text_that_is_no_unicode_is_an_error_of_the_document() -> None:
    with pytest.raises(ValidationError):
        File.model_validate_json('{"id": "f", "filename": null, "x": "\ud800"}')
