"""What a fix would change, as it is shown."""

from __future__ import annotations

from dataclasses import replace

from data.batches import pairs, source
from openft.cli.preview import preview
from openft.data import Batch
from openft.data.checks import rules
from openft.data.fixes.fix import fix, kept, with_rows


def shouted(batch: Batch) -> Batch:
    if "late" not in str(batch.rows):
        return batch
    return with_rows(batch, [{**row, "prompt": str(row["prompt"]).upper()} for row in batch.rows])


LOUD = fix(rules.UPPER_CASE_PROMPT, "shout", shouted)
ROWS = pairs(*((f"early {number}", "x") for number in range(7)), *((f"late \x1b{number}", "x") for number in range(9)))


def test_the_first_three_rows_that_change_are_shown_however_late_they_are() -> None:
    assert list(preview(LOUD, source(ROWS))) == [
        "  data.jsonl:8 prompt",
        '    - "late \\x1b0"',
        '    + "LATE \\x1b0"',
        "  data.jsonl:9 prompt",
        '    - "late \\x1b1"',
        '    + "LATE \\x1b1"',
        "  data.jsonl:10 prompt",
        '    - "late \\x1b2"',
        '    + "LATE \\x1b2"',
    ]


def test_a_change_late_in_a_long_text_is_within_what_is_shown() -> None:
    end = fix(
        rules.MISSING_SEPARATOR,
        "end",
        lambda batch: with_rows(batch, [{**row, "prompt": f"{row['prompt']} ->"} for row in batch.rows]),
    )
    lines = list(preview(end, source(pairs(("word " * 999 + "end", "x")))))
    assert lines[1:] == ['    - "… word word word word end"', '    + "… word word word word end ->"']


def test_a_row_that_goes_is_shown_and_others_that_stay_are_not() -> None:
    first_gone = fix(rules.DUPLICATE_ROW, "drop", lambda batch: kept(batch, list(range(1, len(batch.rows)))))
    assert list(preview(first_gone, source(ROWS[:3]))) == [
        "  data.jsonl:1",
        '    - {"prompt": "early 0", "completion": "x"}',
        "    + (left out)",
    ]


def test_what_changes_nothing_shows_nothing() -> None:
    same = replace(LOUD, apply=lambda batches: iter(list(batches)))
    assert list(preview(same, source(ROWS))) == []


def test_rows_made_of_one_are_shown_each_with_its_own_text() -> None:
    both = [Batch("data.jsonl", [3, 3, 3], pairs(("a", "x"), ("b", "x"), ("late c", "x")))]
    assert list(preview(LOUD, lambda: both))[1:3] == ['    - "a"', '    + "A"']
    drop = fix(rules.DUPLICATE_ROW, "drop", lambda batch: kept(batch, [0, 2]))
    assert list(preview(drop, lambda: both)) == [
        "  data.jsonl:3",
        '    - {"prompt": "b", "completion": "x"}',
        "    + (left out)",
    ]
