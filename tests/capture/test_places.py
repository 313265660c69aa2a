"""Where answers may be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.hosts import hosted, lines, no, written
from openft import DataError
from openft.capture import answers, plan
from openft.capture.places import answered_rows, refuse_other_files


@pytest.mark.parametrize("there", [b"my notes\n", b'{"prompt": "a", "completion": "b"}\n', b"[1]\n", b"\xff\xfe"])
def test_a_file_that_is_no_earlier_output_is_not_written_over(there: bytes, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    out.write_bytes(there)
    with pytest.raises(DataError, match="has no captured answers in it; name another file, or remove it"):
        refuse_other_files(out)
    assert out.read_bytes() == there


@pytest.mark.parametrize("there", [None, b"", b'{"row": 1, "line": 1, "prompt": "a", "answer": "b", "match": null}\n'])
def test_an_earlier_output_is_written_anew(there: bytes | None, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    if there is not None:
        out.write_bytes(there)
    refuse_other_files(out)


ASKED = [{"prompt": f"q{number}", "completion": f"a{number}"} for number in range(6)]


def test_answers_are_not_replaced_by_fewer(tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", ASKED), tmp_path / "out"
    with hosted(lambda prompt: prompt) as (client, _):
        answers(client, "m", source, out, temperature=0.7)
    before = out.read_bytes()
    with pytest.raises(DataError) as caught:
        answers(None, "m", source, out)
    assert str(caught.value) == (
        f"{out}: 6 rows have an answer there, and 0 would have one (line 1: it was not asked, for want of a client "
        "(--offline)); nothing was replaced; name another file (-o), or remove this one"
    )
    assert out.read_bytes() == before


def test_answers_that_came_and_are_fewer_than_before_are_in_the_cache(tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", ASKED), tmp_path / "out"
    with hosted(lambda prompt: prompt) as (client, _):
        answers(client, "m", source, out)
    before = out.read_bytes()
    with hosted(lambda prompt: prompt if prompt < "q4" else no(400, "filtered")) as (client, _):
        with pytest.raises(DataError) as caught:
            answers(client, "m", source, out, temperature=1, concurrency=1)
        assert out.read_bytes() == before
        told = f"(line 5: filtered); nothing was replaced, and the 4 answers of this run are kept in {out}.cache; name"
        assert told in str(caught.value)
        assert not list(tmp_path.glob(".openft-*"))
        assert answers(client, "m", source, tmp_path / "other", temperature=1, cache=f"{out}.cache").asked == 0


@pytest.mark.parametrize("limit", [None, 2])
def test_answers_that_can_only_be_fewer_are_not_asked_for(limit: int | None, tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", ASKED), tmp_path / "out"
    with hosted(lambda prompt: prompt) as (client, host):
        answers(client, "m", source, out)
        other = source if limit else written(tmp_path / "other", ASKED[:2])
        told = (
            r"out: 6 rows have an answer there, and 2 would have one at most; nothing was asked, and nothing replaced"
        )
        with pytest.raises(DataError, match=told):
            answers(client, "m", other, out, limit=limit, max_tokens=3)
        with pytest.raises(DataError, match=told):
            plan("m", other, out, limit=limit)
        assert len(host.asked) == 6
    assert len(lines(out)) == 6


def test_rows_without_an_answer_are_replaced(tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", ASKED), tmp_path / "out"
    answers(None, "m", source, out)
    with hosted(lambda prompt: prompt) as (client, _):
        assert answers(client, "m", written(tmp_path / "few", ASKED[:1]), out).answered == 1
    assert len(lines(out)) == 1


def test_what_was_written_into_an_output_by_hand_counts_as_no_answer(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_bytes(b'{"row": 1, "answer": "a", "match": null}\nmy note\n\n[1]\n{"a": 1}\n')
    assert answered_rows(out) == 1
