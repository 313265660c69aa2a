"""A capture that is killed again and again: no kept answer is asked for again, none is missing, and the order stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from soak.captures import CONCURRENCY, prompt, soak


def hold(folder: Path, *, rows: int, kills: int) -> None:
    soaked = soak(folder, rows=rows, kills=kills)
    print(f"{rows} answers, {kills} kills: {soaked.repeated} exchanges repeated that were under way at a kill")
    assert soaked.committed_asked_again == 0
    assert soaked.repeated <= CONCURRENCY * kills
    assert [line["row"] for line in soaked.lines] == list(range(1, rows + 1))
    assert [line["prompt"] for line in soaked.lines] == [prompt(number) for number in range(rows)]
    assert [line["answer"] for line in soaked.lines] == [f" answer to {prompt(number)}" for number in range(rows)]
    assert (soaked.report["rows"], soaked.report["answered"], soaked.report["right"]) == (rows, rows, rows)


def test_a_capture_that_is_killed_twice_asks_nothing_again_that_it_has(tmp_path: Path) -> None:
    hold(tmp_path, rows=300, kills=2)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_10_000_answers_and_five_kills_and_each_is_there_once(tmp_path: Path) -> None:
    hold(tmp_path, rows=10_000, kills=5)
