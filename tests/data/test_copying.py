"""Lines copied with something put around their texts are what they would be when parsed, changed and written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openft.data import open_rows, prepare
from openft.data.checks import rules
from openft.data.checks.marks import LAST_SEPARATOR, SEPARATORS
from openft.data.copying import copied, framed, put
from openft.data.encode import encoded
from openft.data.fixes.fix import Around, Fix
from openft.data.fixes.texts import add_end, add_space
from openft.errors import DataError

TEXT = st.lists(st.sampled_from([*'\\"\n\t\x00\x1f\x7f/é한😀 x,:{}', '", "completion": "', '"}\n{"prompt": "'])).map(
    "".join
)
LINE = st.tuples(
    TEXT, TEXT, st.booleans(), st.sampled_from([(", ", ": "), (",", ":")]), st.sampled_from(["", " ", "\r"])
)
FIXES = [
    add_end(rules.MISSING_SEPARATOR, "prompt", '\n"#"\n', settles=True, free=True),
    add_end(rules.MISSING_STOP, "completion", " END", settles=True, free=True),
    add_space(settles=True, free=True),
]


def line(prompt: str, completion: str, plain: bool, separators: tuple[str, str], end: str) -> str:
    row = {"prompt": prompt, "completion": f"x{completion}x"}
    return json.dumps(row, ensure_ascii=not plain, separators=separators) + end


@given(st.lists(LINE, min_size=1), st.sets(st.sampled_from(range(3))), st.sampled_from(["", "\n", "\n\n"]))
def test_copied_lines_are_what_is_written_of_their_rows(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[tuple[str, str, bool, tuple[str, str], str]],
    chosen: set[int],
    end: str,
) -> None:
    path = tmp_path_factory.getbasetemp() / "copied.jsonl"
    path.write_bytes(("\n".join(line(*one) for one in lines) + end).encode())
    last = [FIXES[place] for place in sorted(chosen)]
    parts = list(copied(open_rows(path), path, last))
    copies = b"".join(part for part, _ in parts).splitlines()
    written = b"".join(encoded(batch, last) for batch in open_rows(path)).splitlines()
    assert list(map(json.loads, copies)) == list(map(json.loads, written))
    assert sum(rows for _, rows in parts) == len(lines)


def test_what_is_put_on_one_side_goes_outward() -> None:
    around = [Around("prompt", "b", "c"), Around("prompt", "a", "d"), Around("completion", " ", '"')]
    piece = b'{"prompt": "x", "completion": "y"}\n' * 2
    assert put(piece, framed(around)) == (b'{"prompt": "abxcd", "completion": " y\\""}\n' * 2, 2)


@pytest.mark.parametrize(
    "odd",
    [
        b'{"prompt":"x", "completion": "y"}',
        b'{"prompt": "x","completion": "y"}',
        b'{"prompt": "x", "completion": "y" }',
        b'{"prompt": "x", "completion": "y"}\r',
        b'{ "prompt": "x", "completion": "y"}',
        b'{"completion": "x", "prompt": "y"}',
        b"",
    ],
)
@pytest.mark.parametrize("more", [b"", b"x" * 1000], ids=["short", "long"])
def test_lines_that_are_laid_out_in_another_way_are_written_anew(odd: bytes, more: bytes) -> None:
    plain, around = b'{"prompt": "%bx", "completion": "y"}\n' % more, [Around("completion", behind=" END")]
    assert put(plain * 3, framed(around)) == (b'{"prompt": "%bx", "completion": "y END"}\n' % more * 3, 3)
    for piece in (odd + b"\n" + plain * 2, plain + odd + b"\n" + plain, plain * 2 + odd + b"\n"):
        assert put(piece, framed(around)) is None


def test_how_a_text_is_written_stays_as_it_is() -> None:
    piece = b'{"prompt": "x\\u0041\\/", "completion": "y"}\n' * 2
    assert put(piece, framed([Around("prompt", behind=" ->")])) == (piece.replace(b'/"', b'/ ->"'), 2)


def rows(number: int) -> str:
    return "".join(json.dumps({"prompt": f"{n}?", "completion": f"{n} it is."}) + "\n" for n in range(number))


def test_a_file_that_is_written_to_meanwhile_is_not_copied(tmp_path: Path) -> None:
    path, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    path.write_text(rows(20))

    def write(fix: Fix, data: object) -> bool:
        path.write_text(rows(21))
        return True

    with pytest.raises(DataError, match=r"rows\.jsonl: was changed after it was looked at; let nobody write to it"):
        prepare(path, out, accept=write)
    assert not out.exists()


def test_a_file_that_is_replaced_or_removed_meanwhile_is_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(rows(20))
    times = path.stat()

    def replace(fix: Fix, data: object) -> bool:
        path.unlink()
        path.write_text(rows(20))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 10**9))
        return True

    with pytest.raises(DataError, match="was changed"):
        prepare(path, accept=replace)

    def remove(fix: Fix, data: object) -> bool:
        path.unlink(missing_ok=True)
        return True

    with pytest.raises(DataError, match="was changed"):
        prepare(path, accept=remove)
    assert not list(tmp_path.iterdir())


def test_all_fixes_that_settle_are_made_while_lines_are_copied(tmp_path: Path) -> None:
    path, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    path.write_text(rows(300))
    made = prepare(path, out, split=False).made
    assert [fix.around is not None for fix in made] == [True] * 3
    first = '{"prompt": "0? ->", "completion": " 0 it is.\\n"}'
    assert out.read_text().startswith(first + "\n")
    assert len(out.read_text().splitlines()) == 300


def test_a_mark_that_texts_may_have_is_put_only_where_it_is_missing(tmp_path: Path) -> None:
    path, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    marks = [*SEPARATORS, LAST_SEPARATOR]
    given = [{"prompt": f"q{n}{marks[n % 7]}", "completion": f" answer {n}\n"} for n in range(21)]
    path.write_text("".join(json.dumps(row) + "\n" for row in given))
    prepare(path, out, split=False)
    ends = [json.loads(one)["prompt"].count(LAST_SEPARATOR) for one in out.read_text().splitlines()]
    assert ends == [1] * 21
