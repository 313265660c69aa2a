"""A file that is prepared without questions says what it said before, and advice that is followed cuts no answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.batches import Row
from openft.cli.advice import advice
from openft.data import prepare


def lines(rows: list[Row]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def rows_of(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_small_letters_are_made_only_where_they_are_asked_for_by_id(tmp_path: Path) -> None:
    path = tmp_path / "dna.jsonl"
    given: list[Row] = [{"prompt": f"gene {n} ->", "completion": f" ACGTTGCA BRCA{n}\n"} for n in range(40)]
    path.write_text(lines(given))
    prepared = prepare(path, accept=lambda *_: True)
    assert (prepared.made, [fix.id for fix in prepared.left], prepared.files) == ((), ["D309"], ())
    [file] = prepare(path, only=["D309"]).files
    assert rows_of(file.path)[3]["completion"] == " acgttgca brca3\n"


@pytest.mark.parametrize("content", ["x = {n}\n    return x\n", "https://a{n}.com/b/", "int a = {n};\nint b = 0;"])
@pytest.mark.parametrize("skip", [[], ["D305"]])
def test_the_advice_names_no_stop_sequence_that_cuts_an_answer(content: str, skip: list[str], tmp_path: Path) -> None:
    path = tmp_path / "code.jsonl"
    given: list[Row] = [{"prompt": f"{n} ->", "completion": f" {content.format(n=n)}"} for n in range(40)]
    path.write_text(lines(given))
    prepared = prepare(path, tmp_path / "out.jsonl", skip=skip, split=False)
    stop = prepared.facts.stop
    told = [line for line in advice([path], prepared.facts, prepared.labels) if "stop=" in line]
    assert (len(told), bool(stop)) == ((0, False) if skip else (1, True))
    for row, made in zip(given, rows_of(tmp_path / "out.jsonl"), strict=True):
        answer = str(made["completion"])
        assert (answer.split(stop)[0] if stop else answer) == row["completion"]


@pytest.mark.parametrize(("answer", "mended"), [
    ("    x = 0\n    return x\n", "    x = 0\n    return x"), ("\n\n    x = 0\n", "    x = 0"), ("\tx = 0 ", "\tx = 0"),
    (" yes\nand no \n", "yes\nand no"), (" a:\n  b: 1\n", " a:\n  b: 1"), ("    return x", "    return x"),
])  # fmt: skip
def test_answers_in_conversations_keep_the_indentation_of_code(answer: str, mended: str, tmp_path: Path) -> None:
    path, out = tmp_path / "chats.jsonl", tmp_path / "out.jsonl"
    said = [[{"role": "user", "content": f"{n}?"}, {"role": "assistant", "content": answer}] for n in range(20)]
    path.write_text(lines([{"messages": messages} for messages in said]))
    made = prepare(path, out).made
    assert [fix.id for fix in made] == (["D614"] if answer != mended else [])
    assert {json.loads(line)["messages"][1]["content"] for line in out.read_text().splitlines()} == {mended}
    assert not prepare(out, dry_run=True).made
