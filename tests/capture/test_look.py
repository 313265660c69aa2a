"""A first look at all questions, and what is chosen by it."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack, cast

import pytest

from capture.hosts import written
from openft.capture.asking import Parameters
from openft.capture.setup import CaptureOptions, Setup
from openft.errors import ConfigError, DataError

LABELS = [" positive", " negative"]


def films(path: Path, labels: list[str], rows: int = 12) -> Path:
    return written(path, [{"prompt": f"film {n} ->", "completion": labels[n % len(labels)]} for n in range(rows)])


def setup(path: Path, **options: Unpack[CaptureOptions]) -> Setup:
    return Setup("m", path, path.with_name("out"), options)


def test_classes_are_found_and_their_longest_name_bounds_the_answers(tmp_path: Path) -> None:
    found = setup(films(tmp_path / "a", LABELS))
    assert found.look.labels == {" positive": 6, " negative": 6}
    assert found.parameters == Parameters(max_tokens=len(" positive"), logprobs=5)
    assert found.notes == ["answers are 2 classes; max_tokens is 9, which is enough for the longest one"]


def test_classes_are_counted_where_the_tokenizer_is_there(tmp_path: Path) -> None:
    found = Setup("ada:ft-me", films(tmp_path / "a", ["0", "1"]), tmp_path / "out", {})
    assert (found.exact, found.parameters.max_tokens) == (True, 1)


def test_a_limit_changes_nothing_of_what_is_chosen(tmp_path: Path) -> None:
    path = films(tmp_path / "a", LABELS)
    few, all_ = setup(path, limit=2), setup(path)
    assert few.parameters == all_.parameters
    assert (few.look.rows, few.look.askable, all_.look.rows) == (2, 2, 12)
    assert [question.row for question in few.questions] == [1, 2]


def test_the_stop_sequence_of_the_file_ends_answers(tmp_path: Path) -> None:
    found = setup(films(tmp_path / "a", [f"{label} END" for label in LABELS]))
    assert (found.look.stop, found.parameters.stop, found.parameters.max_tokens) == (" END", (" END",), 9)
    assert found.notes[0] == "answers end at ' END', as the completions of the file do"


@pytest.mark.parametrize(("stop", "sent"), [("", ()), ("##", ("##",)), (["a", "b"], ("a", "b"))])
def test_a_stop_sequence_that_is_given_goes_before(
    stop: str | list[str], sent: tuple[str, ...], tmp_path: Path
) -> None:
    found = setup(films(tmp_path / "a", ["x END", "y END"]), stop=stop)
    assert (found.parameters.stop, found.look.stop) == (sent, " END")


def test_long_answers_to_prompts_have_room(tmp_path: Path) -> None:
    short = setup(written(tmp_path / "a", [{"prompt": "a"}, {"prompt": "b"}]))
    assert (short.parameters.max_tokens, short.parameters.logprobs) == (256, 0)
    assert short.notes == ["max_tokens is 256; hosts stop after 16 where it is left out"]
    long = setup(written(tmp_path / "b", [{"prompt": "a", "completion": "word " * 800}]))
    assert (long.look.longest, long.parameters.max_tokens) == (1000, 2048)


def test_answers_to_conversations_are_as_long_as_the_host_lets_them_be(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "bye"}]
    found = setup(written(tmp_path / "a", [{"messages": messages}]))
    assert (found.parameters.max_tokens, found.notes, list(found.look.apis)) == (None, [], ["chat"])
    assert found.tokens(found.questions) == 2 + 1 + 4 + 3  # the content, the role, the message, the reply


@pytest.mark.parametrize(("given", "sent"), [(True, 0), (False, None), (3, 3), (None, 0)])
def test_log_probabilities_are_asked_for_unless_they_are_not_wanted(
    given: int | bool | None, sent: int | None, tmp_path: Path
) -> None:
    assert setup(written(tmp_path / "a", [{"prompt": "a"}]), logprobs=given).parameters.logprobs == sent


def test_what_is_given_is_taken(tmp_path: Path) -> None:
    given: CaptureOptions = {"max_tokens": 7, "temperature": 0.5, "top_p": 0.9, "seed": 3, "extra_body": {"user": "me"}}
    given |= {"concurrency": 2, "max_retries": 0, "cache": "c"}
    found = setup(written(tmp_path / "a", [{"prompt": "a"}]), **given)
    assert found.parameters == Parameters(
        max_tokens=7, temperature=0.5, top_p=0.9, seed=3, logprobs=0, extra={"user": "me"}
    )
    assert (found.concurrency, found.max_retries, found.cache) == (2, 0, Path("c"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"limits": 3}, "there is no option limits; there are api, cache,"),
        ({"api": "embeddings"}, "api is 'embeddings'; it is one of completions, chat"),
        ({"limit": 0}, "limit is 0; it is at least 1"),
        ({"concurrency": 0}, "concurrency is 0; it is at least 1"),
        ({"max_tokens": 0}, "max_tokens is 0; it is at least 1"),
        ({"max_retries": -1}, "max_retries is -1; it is at least 0"),
        (
            {"extra_body": {"n": 3}},
            "n is 3, and a row has one answer; leave it out, and write a row as often as it is to be sampled",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=words):
        setup(written(tmp_path / "a", [{"prompt": "a"}]), **cast("CaptureOptions", options))


@pytest.mark.parametrize(("out", "cache"), [("a", None), ("out", "out"), ("out", "a")])
def test_nothing_is_written_over_what_is_read(out: str, cache: str | None, tmp_path: Path) -> None:
    written(tmp_path / "a", [{"prompt": "a"}])
    with pytest.raises(DataError, match="need names of their own"):
        Setup("m", tmp_path / "a", tmp_path / out, {"cache": cache and tmp_path / cache})


@pytest.mark.parametrize("out", ["folder", "nowhere/out"])
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_asked(out: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match=r"cannot be written there; name a file in a folder that is yours"):
        Setup("m", written(tmp_path / "a", [{"prompt": "a"}]), tmp_path / out, {})


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"empty.jsonl: there is nothing to ask; put rows in it"):
        setup(written(tmp_path / "empty.jsonl", []))


def test_the_longest_answer_counts_wherever_it_stands(tmp_path: Path) -> None:
    rows = [{"prompt": "a", "completion": "word " * (800 if number == 3 else 1)} for number in range(1200)]
    assert setup(written(tmp_path / "a", rows)).look.longest == 1000


def test_one_answer_to_a_row_may_be_asked_for_in_so_many_words(tmp_path: Path) -> None:
    assert setup(written(tmp_path / "a", [{"prompt": "a"}]), extra_body={"n": 1}).parameters.extra == {"n": 1}
