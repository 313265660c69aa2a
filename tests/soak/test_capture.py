"""A capture that is killed again and again: no kept answer is asked for again, none is missing, and the order stays."""

from __future__ import annotations

import json
import subprocess
import sys
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


PLANNED = """
import resource, sys
from openft.capture import answers, plan
plan("m", sys.argv[1], sys.argv[2])
answers(None, "m", sys.argv[1], sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_ten_times_as_many_rows_take_no_more_memory(tmp_path: Path) -> None:
    peaks: list[int] = []
    for rows in (20_000, 200_000):
        source = tmp_path / f"{rows}.jsonl"
        with source.open("w") as file:
            for number in range(rows):
                file.write(json.dumps({"prompt": f"{prompt(number)} {'x' * 100}", "completion": f" {number}"}) + "\n")
        command = [sys.executable, "-c", PLANNED, str(source), str(tmp_path / "out")]
        peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    print(f"peak memory in kB: {peaks}")
    assert peaks[1] - peaks[0] < 12_000
