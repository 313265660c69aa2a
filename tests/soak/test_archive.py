"""An account is archived whole though its host fails and the archiver is killed again and again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from soak.archive_host import FORBIDDEN, GONE, sizes

LISTS = {"models", "fine_tuning/jobs", "fine_tuning/model_limits", "fine-tunes", "files"}
MOST = 80_000
"""kB of memory."""


def seen(jobs: int, files: int, events: int, largest: int, kills: int, within: tuple[float, float]) -> dict[str, Any]:
    numbers = [str(number) for number in (jobs, files, events, largest, kills, *within)]
    command = [sys.executable, str(Path(__file__).with_name("archiving.py")), *numbers]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def hold(told: dict[str, Any], *, jobs: int, files: int, events: int) -> None:
    """Check that all is there, that a second run transfers nothing but lists, and how much memory it took."""
    assert told["found"] == {"jobs": jobs, "contents": files, "events": events, "in order": True, "keys": 0}
    first, _, verified = told["reports"]
    assert [(one["id"], one["state"]) for one in first["unsaved"]] in (
        [(GONE, "gone"), (FORBIDDEN, "forbidden")],
        [(FORBIDDEN, "forbidden"), (GONE, "gone")],
    )
    assert not verified["damage"]
    before, after, _ = (count["asked"] for count in told["counts"])
    more = {target for target, count in after.items() if count > before.get(target, 0)}
    assert more <= {*LISTS, f"files/{FORBIDDEN}/content"}  # what is forbidden may be allowed by now
    assert told["counts"][0]["sent"] == told["counts"][1]["sent"]
    assert sum(told["counts"][0]["failed"].values()) > 0
    assert max(told["peaks"]) <= MOST


def test_an_account_is_archived_though_the_archiver_is_killed() -> None:
    told = seen(12, 8, 120, 400_000, 2, (0.45, 0.7))
    hold(told, jobs=12, files=8, events=120)


@pytest.mark.slow
def test_a_large_account_is_archived_though_the_archiver_is_killed_ten_times() -> None:
    told = seen(200, 50, 2000, 100_000_000, 10, (0.5, 2.2))
    assert told["kills"] == 10
    assert told["counts"][0]["sent"] > sum(sizes(50, 100_000_000).values())  # transfers were killed, too
    hold(told, jobs=200, files=50, events=2000)
