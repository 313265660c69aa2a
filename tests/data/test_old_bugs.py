"""What the old tool did wrong or poorly, one test for each (source: prepare_data of openai 0.28.1)."""

from __future__ import annotations

import json

import pytest

from data.batches import fixed, good, ids, look, named, pairs, source
from openft.data.checks.examine import examine
from openft.data.checks.task import TaskType
from openft.data.findings import Finding
from openft.data.fixes.columns import rename, spell_numbers
from openft.data.fixes.mend import mend
from openft.data.report import Report

LONG = "word " * 3000


def test_bug_1_duplicates_and_then_long_rows_are_left_out_together() -> None:
    rows = [*good(40), *good(3), *pairs((f"{LONG}\n\n###\n\n", " a")), *good(5)]
    after, mended = fixed(rows)
    assert after == good(40)
    assert {step.fix.id for step in mended.steps} == {"D101", "D103"}


def test_bug_2_the_long_row_goes_and_not_its_neighbour_when_an_empty_one_went_before() -> None:
    long = pairs((f"{LONG}\n\n###\n\n", " a"))
    rows = [*pairs(("first\n\n###\n\n", "")), *good(20), *long, *good(40)[20:]]
    after, _ = fixed(rows)
    assert after == good(40)


def test_bug_2_duplicates_are_counted_on_the_rows_that_are_left() -> None:
    rows = [*pairs(("empty\n\n###\n\n", "")), *good(20), *good(2), *good(40)[20:]]
    after, _ = fixed(rows)
    assert after == good(40)


def test_bug_3_small_letters_leave_the_stop_sequence_as_it_is() -> None:
    rows = pairs(*((f"q {n} ->", f" THE ANSWER {n * 7} X END") for n in range(40)))
    after, mended = fixed(rows, "D309")
    assert [step.fix.id for step in mended.steps] == ["D309"]
    assert after[3]["completion"] == " the answer 21 x END"
    assert mended.after.stop == " END"


def test_bug_3_a_stop_sequence_in_capitals_does_not_make_numbers_upper_case() -> None:
    assert "D309" not in ids(pairs(*((f"what is {n} ->", f" {n} END") for n in range(40))))


@pytest.mark.parametrize(
    "end", [" about things", " indeed", " 입니다", " 이고요", "다.", "?", ".", "ing", " END of it", "”"]
)
def test_bug_4_an_ending_that_all_texts_share_by_chance_is_no_separator(end: str) -> None:
    rows = pairs(*((f"text {n} of {n % 7}{end}", f" answer {n}{end}") for n in range(40)))
    examined, found = look(rows)
    assert (examined.separator, examined.stop) == ("", "")
    assert {"D301", "D305"} <= {finding.id for finding in found}


@pytest.mark.parametrize(
    ("start", "left"), [("Result: out", "out"), ("The result of it all: word", "word"), (" Answer: 1.", " 1.")]
)
def test_bug_5_taking_off_a_prefix_leaves_the_words_behind_it_whole(start: str, left: str) -> None:
    after, _ = fixed(pairs(*((f"{n} ->", f"{start}{n}\n") for n in range(40))), "D304")
    assert [row["completion"] for row in after] == [f"{left}{n}\n" for n in range(40)]


@pytest.mark.parametrize("prefix", ["out", "verylongword", "결과물입니다만그래도", "12:3", "label_number_"])
def test_bug_5_what_is_part_of_a_word_is_no_prefix(prefix: str) -> None:
    assert not ids(pairs(*((f"{prefix}{n} ->", f"{prefix}{n}") for n in range(40)))) & {"D303", "D304"}


def test_bug_6_a_completion_that_would_be_empty_after_a_fix_keeps_its_prefix() -> None:
    rows = pairs(("a ->", " Result: "), *((f"{n} ->", f" Result: {n}") for n in range(40)))
    after, _ = fixed(rows)
    assert len(after) == 41
    assert all(str(row["completion"]).strip() for row in after)


def test_bug_7_equal_completions_are_an_error_and_no_class() -> None:
    examined, found = look(pairs(*((f"{n} ->", " yes") for n in range(40))))
    assert examined.task.type is TaskType.GENERATION
    assert "D404" in {finding.id for finding in found}


def test_bug_8_korean_that_is_far_too_long_is_found_below_10_000_characters() -> None:
    [finding] = named([*good(), *pairs(("긴 문장 " * 600 + "\n\n###\n\n", " a"))], "D103")
    assert finding.line == 401
    assert "about" in finding.message


def test_bug_9_two_labels_for_one_prompt() -> None:
    [finding] = named([*good(), {**good()[3], "completion": " a"}], "D401")
    assert (finding.line, finding.message) == (401, "labelled ' a', but ' b' in line 4; decide on one")


def test_bug_9_white_space_only() -> None:
    assert named([*good(), *pairs(("x\n\n###\n\n", " \n\t"))], "D102")[0].line == 401


def test_bug_9_a_blank_behind_a_text() -> None:
    assert named([*good(), *pairs(("x\n\n###\n\n", " a "))], "D310")[0].line == 401


def test_bug_9_control_characters() -> None:
    assert named([*good(), *pairs(("x\x1b[2J\n\n###\n\n", " a"))], "D501")[0].excerpt == "x\\x1b[2J\\n\\n###\\n\\n"


@pytest.mark.parametrize(("text", "mended"), [("that\x92s it", "that\u2019s it"), ("a\x81b\x07", "ab")])
def test_bug_9_what_was_an_apostrophe_of_windows_becomes_one_again(text: str, mended: str) -> None:
    rows = [*good(), *pairs((f"{text}\n\n###\n\n", " a"))]
    [finding] = named(rows, "D501")
    assert ("was \u2019 before a text of Windows was read as Latin-1" in finding.message) == ("\x92" in text)
    assert fixed(rows, "D501")[0][-1]["prompt"] == f"{mended}\n\n###\n\n"


def test_bug_9_a_label_that_is_how_another_one_begins() -> None:
    rows = pairs(*((f"{n} ->", [" pos", " positive", " x"][n % 3]) for n in range(30)))
    assert "' pos' is how ' positive' begins" in named(rows, "D402")[0].message


def test_bug_9_a_class_of_fewer_than_100() -> None:
    assert (
        "1 of 2 classes"
        in named([*good(200, labels=1), *pairs(*((f"{n}\n\n###\n\n", " b") for n in range(99)))], "D403")[0].message
    )


@pytest.mark.parametrize("row", [("x ### y\n\n###\n\n", " a\n\n###\n\nb"), ("x\n\n###\n\ny\n\n###\n\n", " a")])
def test_bug_9_the_separator_inside_a_text(row: tuple[str, str]) -> None:
    assert named([*good(), *pairs(row)], "D302")[0].line == 401


def test_bug_10_rows_are_told_by_their_lines_and_not_all_of_them() -> None:
    report = Report()
    examine(source([*good(), *good()]), report.add)
    [kind] = [kind for kind in report.kinds if kind.id == "D101"]
    assert kind.count == 400
    assert [finding.line for finding in kind.first] == [401, 402, 403, 404, 405]
    assert "… and 395 more" in report.text()


def test_bug_12_the_report_is_json_too() -> None:
    report = Report(look(good(20))[1])
    assert json.loads(report.to_json())["findings"][0]["id"] == "D403"


def test_bug_12_single_fixes_can_be_chosen() -> None:
    rows = pairs(*((f"text {n}", f"{n}") for n in range(40)))
    after, mended = fixed(rows, "D307")
    assert [step.fix.id for step in mended.steps] == ["D307"]
    assert after[1] == {"prompt": "text 1", "completion": " 1"}


@pytest.mark.parametrize("label", ["NA", "null", "None", "nan", "N/A", "NULL", "true"])
def test_labels_that_look_like_nothing_stay_text(label: str) -> None:
    rows = pairs(*((f"{n} ->", [f" {label}", " something else"][n % 2]) for n in range(40)))
    after, _ = fixed(rows)
    assert after == rows


def test_a_null_is_never_turned_into_a_text() -> None:
    found: list[Finding] = []
    rows = [*good(), *pairs((None, " a"), ("x\n\n###\n\n", None), ("y\n\n###\n\n", ["a"]), ("z\n\n###\n\n", 1.5))]
    mended = mend(source(rows), lambda *_: True, tell=lambda finding, _: found.append(finding))
    assert {(finding.id, finding.line) for finding in found} >= {
        ("D107", 401),
        ("D102", 402),
        ("D107", 403),
        ("D107", 404),
    }
    after = [row for batch in mended.source() for row in batch.rows]
    assert after == [*good(), rows[400], rows[402], rows[403]]


def test_a_batch_in_which_there_is_nothing_to_change_stays_as_it_is() -> None:
    batch = next(iter(source(good())()))
    assert next(rename().apply([batch])) is next(spell_numbers().apply([batch])) is batch
