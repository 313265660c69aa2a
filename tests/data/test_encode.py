"""Many rows written at once are what each of them is written by itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.encode import encode_pairs, encoded
from openft.data.fixes.texts import add_end, add_space

TEXT = st.text() | st.lists(
    st.sampled_from([*'\\"\n\r\t\x00\x01\x02\x1f\x7f\x85\u2028\ud7ff\U0001f600é한 /:,{}', '", "completion": "'])
).map("".join)
ENDS = [add_end(rules.MISSING_SEPARATOR, "prompt", "\n\n###\n\n", settles=True), add_space(settles=True)]


def one_by_one(pairs: list[tuple[str, str]]) -> bytes:
    rows = [dict(zip(("prompt", "completion"), pair, strict=True)) for pair in pairs]
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


@given(st.lists(st.tuples(TEXT, TEXT)))
def test_all_rows_at_once_are_written_as_one_by_one(pairs: list[tuple[str, str]]) -> None:
    written = encode_pairs([prompt for prompt, _ in pairs], [completion for _, completion in pairs])
    assert written == one_by_one(pairs)
    lines = written.decode().split("\n")
    assert [tuple(json.loads(line).values()) for line in lines[:-1]] == pairs


@given(st.lists(st.tuples(TEXT, TEXT)), st.sampled_from([{}, {"id": 3}]))
def test_the_last_changes_are_made_while_rows_are_written(
    pairs: list[tuple[str, str]], more: dict[str, object]
) -> None:
    batch = Batch("f", range(1, len(pairs) + 1), [{"prompt": p, "completion": c, **more} for p, c in pairs])
    after = batch
    for fix in ENDS:
        [after] = fix.apply([after])
    assert encoded(batch, ENDS) == encoded(after)


def test_lines_that_are_not_changed_stay_as_they_are() -> None:
    lines = [b'{"prompt":"a\\u0041", "completion":"b"}', b' {"prompt":"a","completion":"b","id":1}\t']
    rows: list[dict[str, object]] = [json.loads(line) for line in lines]
    assert encoded(Batch("f", [1, 2], rows, lines)) == lines[0] + b"\n" + lines[1].strip() + b"\n"


def test_the_prompt_goes_before_the_completion() -> None:
    line = b'{"completion": "b", "prompt": "a"}'
    assert encoded(Batch("f", [1], [json.loads(line)], [line])) == b'{"prompt": "a", "completion": "b"}\n'


def test_half_a_character_is_not_written() -> None:
    with pytest.raises(UnicodeEncodeError):
        encode_pairs(["\ud800"], ["a"])
