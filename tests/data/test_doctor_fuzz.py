"""Any bytes go through all checks, fixes and writing: read or refused, in bounded steps, and without a warning."""

from __future__ import annotations

import random
from itertools import count
from pathlib import Path

import pytest

from data.test_readers_fuzz import GOOD, KINDS, PIECES
from openft.data.checks.examine import examine
from openft.data.encode import encoded
from openft.data.findings import Finding
from openft.data.fixes.mend import mend
from openft.data.reading.readers import open_rows
from openft.data.reading.source import Source
from openft.errors import DataError

OTHERS = [
    b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n' * 3,
    b'{"input": {"messages": []}, "preferred_output": [], "non_preferred_output": []}\n' * 3,
    b'{"prompt": "a\\ud83d\\ude00 ->", "completion": " b\\u0007\\u202e"}\n' * 3,
]
VALUES = [b"null", b"1e999", b"-0", b"[]", b'{"a": [[[]]]}', b'"\\u0000"', b"9" * 40, b"true", b'"role"', b"\r\n"]


def spoilt(chance: random.Random) -> tuple[bytes, str]:
    """Return a good file with some of its bytes changed, left out, doubled, moved or added, or no file at all."""
    if not chance.randrange(8):
        return chance.randbytes(chance.randrange(400)), chance.choice(KINDS)
    content, suffix = chance.choice([*GOOD, *((other, ".jsonl") for other in OTHERS)])
    for _ in range(chance.randrange(6)):
        start = chance.randrange(len(content) + 1)
        end = min(len(content), start + chance.choice((0, 1, 1, 4, 40, 400)))
        other = chance.choice([*GOOD])[0]
        away = chance.randrange(len(other))
        new = [
            b"",
            content[start:end] * 2,
            chance.choice(PIECES + VALUES),
            chance.randbytes(4),
            other[away : away + 40],
        ]
        content = content[:start] + chance.choice(new) + content[end:]
    return content, suffix if chance.randrange(6) else chance.choice(KINDS)


def go_through(path: Path, content: bytes) -> None:
    """Check, fix and write what can be read; any other error than a DataError is one here too."""
    path.write_bytes(content)
    bad: list[Finding] = []
    found: list[Finding] = []
    steps = count()

    def source() -> Source:
        assert next(steps) < 400, "the file is read over and over"
        return open_rows(path, bad=bad.append, batch_bytes=200)

    try:
        examine(source, found.append)
        mended = mend(source, lambda *_: True, tell=lambda finding, _: found.append(finding))
        for batch in mended.settled():
            encoded(batch, mended.last)
    except DataError as error:
        said = error.reason
    else:
        said = ""
    assert said.isprintable()
    assert all(finding.message.isprintable() and (finding.excerpt or "").isprintable() for finding in [*bad, *found])


def run(folder: Path, seeds: range) -> None:
    for seed in seeds:
        content, suffix = spoilt(random.Random(seed))
        try:
            go_through(folder / f"any{suffix}", content)
        except Exception as error:
            raise AssertionError(f"seed {seed}, {suffix}: {content[:200]!r}") from error


@pytest.mark.parametrize("seed", [20_529, 23_153], ids=["index beyond a dictionary", "tab in a message"])
def test_what_was_found_once_is_found_no_more(tmp_path: Path, seed: int) -> None:
    run(tmp_path, range(seed, seed + 1))


@pytest.mark.parametrize("first", range(0, 800, 200))
def test_spoilt_files_are_checked_mended_and_written_or_refused(tmp_path: Path, first: int) -> None:
    run(tmp_path, range(first, first + 200))


@pytest.mark.slow
def test_very_many_spoilt_files_are_checked_mended_and_written_or_refused(tmp_path: Path) -> None:
    run(tmp_path, range(1000, 41_000))
