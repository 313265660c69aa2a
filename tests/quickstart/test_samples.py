"""The sample data that ships in the wheel."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from openft.data import read_pairs, split_pairs

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "openft" / "assets"


def test_the_script_writes_the_samples_byte_for_byte_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "make_samples.py", tmp_path], check=True)
    for name in ("support.csv", "dates.csv"):
        assert (tmp_path / name).read_bytes() == (ASSETS / name).read_bytes()


@pytest.mark.parametrize("name", ["support.csv", "dates.csv"])
def test_no_text_comes_twice(name: str) -> None:
    pairs = read_pairs(ASSETS / name)
    assert len({pair.prompt for pair in pairs}) == len(pairs)


def test_every_queue_is_well_filled() -> None:
    counts = Counter(pair.completion for pair in read_pairs(ASSETS / "support.csv"))
    assert set(counts) == {"account", "billing", "delivery", "returns", "technical"}
    assert min(counts.values()) > 200


def test_dates_are_split_into_text_and_iso_date() -> None:
    split = split_pairs(read_pairs(ASSETS / "dates.csv"))
    assert all(len(pair.completion) == 10 for pair in split.train + split.held_out)
