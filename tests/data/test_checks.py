"""What the checks of prompt/completion data find, and what they let be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import openft
from data.batches import WORDS, Row, fixed, good, ids, look, named, pairs, source
from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.checks.examine import examine
from openft.data.checks.leakage import leakage
from openft.data.checks.rules import RULES
from openft.data.checks.task import TaskType
from openft.data.findings import Finding
from openft.data.tokens import estimate


def test_there_is_nothing_to_find_in_good_rows() -> None:
    examined, found = look(good())
    assert found == []
    assert examined.fixes == ()
    assert (examined.separator, examined.stop, examined.rows) == ("\n\n###\n\n", "", 400)


def test_no_rows_are_an_error() -> None:
    examined, found = look([])
    assert [finding.id for finding in found] == ["D108"]
    assert examined.fixes == ()


def test_an_empty_batch_is_no_trouble() -> None:
    examined = examine(lambda: [Batch("f", [], [])], lambda _: None)
    assert examined.rows == 0


@pytest.mark.parametrize(("rows", "id"), [(9, "D104"), (10, "D105"), (199, "D105")])
def test_few_rows_are_told(rows: int, id: str) -> None:
    assert id in ids(good(rows))


def test_every_rule_has_an_id_and_a_name_of_its_own() -> None:
    assert list(RULES) == [rule.id for rule in RULES.values()]
    assert len({rule.name for rule in RULES.values()}) == len(RULES)


def test_each_rule_is_named_where_it_is_found() -> None:
    folder = Path(openft.__file__).parent
    code = "".join(path.read_text("utf-8") for path in folder.rglob("*.py") if path.name != "rules.py")
    assert [
        name for name, rule in vars(rules).items() if isinstance(rule, rules.Rule) and f"rules.{name}" not in code
    ] == []
    assert re.findall(r'"D\d{3}", "', code) == []


# --- columns


def test_a_column_in_capitals_is_called_by_its_right_name() -> None:
    rows: list[Row] = [{"Prompt ": row["prompt"], "COMPLETION": row["completion"]} for row in good()]
    assert ids(rows) == {"D202"}
    assert fixed(rows)[0] == good()


def test_a_column_with_a_right_name_goes_before_one_in_capitals() -> None:
    rows: list[Row] = [{**row, "Prompt": "other"} for row in good()]
    assert ids(rows) == {"D203"}
    assert fixed(rows)[0] == good()


def test_of_two_columns_that_mean_the_prompt_the_first_is_taken() -> None:
    rows: list[Row] = [{"Prompt": row["prompt"], "PROMPT": 1, "completion": row["completion"]} for row in good()]
    assert fixed(rows)[0] == good()


def test_further_columns_are_left_out_but_for_a_misnamed_one() -> None:
    rows: list[Row] = [{"Prompt": row["prompt"], "completion": row["completion"], "id": 3} for row in good()]
    [extra] = named(rows, "D203")
    assert (extra.line, extra.column) == (1, "id")
    assert fixed(rows, "D203")[0][0].keys() == {"Prompt", "completion"}


def test_of_many_further_columns_a_few_are_told() -> None:
    rows: list[Row] = [{**row, **{f"k{number}": 1 for number in range(40)}} for row in good(20)]
    [extra] = named(rows, "D203")
    assert extra.message.startswith("20 rows have more columns")
    assert "k11" in extra.message
    assert "k12" not in extra.message


def test_a_row_without_a_completion_is_told_with_its_columns() -> None:
    [finding] = named([*good(), {"prompt": "x", "answer": "y"}], "D201")
    assert (finding.line, finding.column, finding.excerpt) == (401, "completion", "prompt, answer")


# --- values


@pytest.mark.parametrize(
    ("value", "id"),
    [(3, "D106"), (True, "D106"), (1.0, "D106"), (1e20, "D107"), (1.5, "D107"), (["a"], "D107"), ({}, "D107")],
)
@pytest.mark.parametrize("column", ["prompt", "completion"])
def test_what_is_no_text_is_told(value: object, id: str, column: str) -> None:
    [finding] = named([*good(), {**good()[0], column: value}], id)
    assert (finding.line, finding.column) == (401, column)


def test_whole_numbers_and_booleans_are_spelt_as_in_json() -> None:
    rows = pairs(*((n, n % 2 == 0) for n in range(30)))
    after, _ = fixed(rows, "D106")
    assert after[1:3] == pairs(("1", "false"), ("2", "true"))


def test_labels_that_are_floats_are_spelt_as_the_whole_numbers_that_they_are() -> None:
    after, _ = fixed(pairs(*((f"text {n}", float(n % 2)) for n in range(30)), ("a", -0.0), ("b", -3.0)), "D106")
    assert [row["completion"] for row in after] == ["0", "1"] * 15 + ["0", "-3"]


def test_a_number_too_long_to_be_spelt_is_not_text() -> None:
    rows = [*good(), *pairs((10**5000, " a"))]
    assert named(rows, "D107")[0].excerpt == "a number of 16610 bits"
    assert fixed(rows)[0] == rows


def test_the_excerpt_of_an_empty_completion_is_its_prompt() -> None:
    assert named([*good(), *pairs(("only\x07 asked", ""))], "D102")[0].excerpt == "only\\x07 asked"
    assert named([*good(), *pairs((7, ""))], "D102")[0].excerpt is None


def test_some_blank_prompts_among_others_are_told_once() -> None:
    [finding] = named([*good(), *pairs(("", " a"), (" ", " b"))], "D311")
    assert (finding.line, finding.message[:19]) == (401, "2 prompts are blank")


# --- repeats


def test_a_duplicate_is_told_with_the_line_of_the_first() -> None:
    [finding] = named([*good(), good()[5]], "D101")
    assert (finding.line, finding.fixable) == (401, True)
    assert "line 6" in finding.message


def test_long_duplicates_are_found_too() -> None:
    long = pairs((f"{'x' * 300}\n\n###\n\n", " a"), (f"{'x' * 299}y\n\n###\n\n", " a"))
    assert [finding.line for finding in named([*long, *good(), *long], "D101")] == [403, 404]


def test_an_equal_hash_makes_no_duplicate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft.data.checks.repeats.keys_of", lambda column, whole: [b"x"] * len(column.texts))
    rows = good()
    assert not ids(rows)
    assert [finding.line for finding in named([*rows, rows[2], rows[2]], "D101")] == [401, 402]
    assert [finding.line for finding in named([*rows, {**rows[2], "completion": " b"}], "D401")] == [401]


@pytest.mark.parametrize("most", [("_KEPT", 5000), ("_PART", 30), ("_MANY", 3)])
def test_more_suspects_than_one_reading_looks_after_are_found(
    monkeypatch: pytest.MonkeyPatch, most: tuple[str, int]
) -> None:
    monkeypatch.setattr("openft.data.checks.repeats._KEPT_PER_ROW", 0)
    monkeypatch.setattr(f"openft.data.checks.repeats.{most[0]}", most[1])
    rows = [*good(), *good()]
    lines = [finding.line or 0 for finding in named(rows, "D101")]
    assert (lines if most[0] == "_PART" else sorted(lines)) == list(range(401, 801))
    assert fixed(rows)[0] == good()


def test_many_questions_that_are_answered_anew_are_no_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft.data.checks.repeats._MANY", 3)
    rows = pairs(*((f"question {n % 40} ->", f" {n} {WORDS[n % 12]}\n") for n in range(400)))
    assert ids(rows) == set()
    assert [finding.line for finding in named([*rows, rows[7]], "D101")] == [401]


def test_more_conflicts_than_one_reading_looks_after_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft.data.checks.repeats._KEPT_PER_ROW", 0)
    monkeypatch.setattr("openft.data.checks.repeats._KEPT", 5000)
    rows = [*good(), *({**row, "completion": " c"} for row in good())]
    assert sorted(finding.line or 0 for finding in named(rows, "D401")) == list(range(401, 801))


@pytest.mark.parametrize(
    "other", ["apple 0 APPLE!\n\n###\n\n", "Apple, 0 “apple”\n\n###\n\n", "apple  0 apple\n\n###\n\n"]
)
def test_rows_that_differ_in_case_blanks_and_punctuation_are_told_but_not_left_out(other: str) -> None:
    rows = [*good(), *pairs((other, " a"))]
    [finding] = named(rows, "D109")
    assert (finding.line, finding.fixable, "line 1 " in finding.message) == (401, False, True)
    assert not named(rows, "D101")
    assert fixed(rows)[0] == rows


@pytest.mark.parametrize("other", ["apple -0 apple", "apple 0.0 apple", "apple + 0 apple", "apple 0 appel", "apple 00"])
def test_numbers_and_signs_are_no_punctuation(other: str) -> None:
    assert not named([*good(), *pairs((f"{other}\n\n###\n\n", " a"))], "D109")


@pytest.mark.parametrize("text", ["é", "다", "x", "İ"])
@pytest.mark.parametrize("length", [1, 70, 400, 3000])
def test_near_duplicates_are_found_whatever_their_length_and_script(text: str, length: int) -> None:
    long = f"{text * length}, and so on, {text * length}"
    rows = [*good(), *pairs((f"{long}\n\n###\n\n", " a"), (f"  {long.upper()}!\n\n###\n\n", " a"))]
    assert [finding.line for finding in named(rows, "D109")] == [402]


def test_rows_without_prompts_are_compared_by_their_completions() -> None:
    rows = pairs(*(("", f" {n} and {n * 3}\n") for n in range(400)))
    assert ids(rows) == set()
    assert [finding.line for finding in named([*rows, rows[7]], "D101")] == [401]


def test_two_answers_to_a_question_are_no_conflict_where_answers_are_free() -> None:
    rows = pairs(*((f"question {n} ->", f" {n} {WORDS[n % 12]}\n") for n in range(400)), ("question 3 ->", " x\n"))
    assert ids(rows) == set()


# --- lengths


def test_a_long_example_without_a_prompt_is_told_but_not_left_out() -> None:
    rows = [*pairs(*(("", f" {n} text\n") for n in range(400))), *pairs(("", " " + "long " * 3000 + ".\n"))]
    [finding] = named(rows, "D103")
    assert (finding.fixable, finding.line) == (False, 401)
    assert "cut it into several" in finding.message
    assert fixed(rows)[0] == rows


def test_an_exact_count_is_told_as_one() -> None:
    found: list[Finding] = []
    examined = examine(source(good()), found.append, limit=20, count=len)
    assert {finding.id for finding in found} == {"D103", "D406"}
    assert found[0].message.startswith("22 tokens (counted), more than 20, so that its end is not learned; shorten it")
    assert [fix.id for fix in examined.fixes] == ["D103"]


def test_a_fix_that_makes_examples_longer_is_followed_by_another_look() -> None:
    rows = pairs(*((f"{WORDS[n % 12]} {n} {'x' * 30}", f" {n % 3}") for n in range(400)))
    after, mended = fixed(rows, limit=11)
    assert {step.fix.id for step in mended.steps} == {"D301", "D305", "D103"}
    assert len(after) < 400


def test_what_is_not_text_is_not_measured() -> None:
    rows = [*pairs((None, "x" * 99)), *pairs(("a" * 90, " b")), *good()]
    assert fixed(rows, "D103", limit=20)[0] == [rows[0], *good()]


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("abcd", 1), ("abcde", 2), ("한국어", 3), ("a 한국", 3)])
def test_tokens_are_estimated_by_script(text: str, tokens: int) -> None:
    assert estimate(text) == tokens


# --- tasks and labels


@pytest.mark.parametrize(("rows", "labels", "type"), [
    (9, 3, TaskType.GENERATION), (10, 3, TaskType.CLASSIFICATION), (300, 100, TaskType.GENERATION),
    (301, 100, TaskType.CLASSIFICATION), (50, 1, TaskType.GENERATION),
])  # fmt: skip
def test_there_are_classes_where_fewer_than_a_third_of_completions_differ(
    rows: int, labels: int, type: TaskType
) -> None:
    task = look(pairs(*((f"{n} ->", f" {n % labels}") for n in range(rows))))[0].task
    assert task.type is type
    assert sum(task.labels.values()) == (rows if type is TaskType.CLASSIFICATION else 0)


def test_blank_prompts_make_it_open_ended() -> None:
    assert look(pairs(*((" ", f"{n}") for n in range(30))))[0].task.type is TaskType.OPEN_ENDED


def test_thousands_of_different_completions_are_no_classes() -> None:
    rows = pairs(*((f"{n} ->", f" {n % 5001}") for n in range(15_100)))
    found = examine(source(rows, size=4000), lambda _: None)
    assert found.task.type is TaskType.GENERATION


def test_equal_prompts_are_an_error() -> None:
    assert "D312" in ids(pairs(*(("same ->", f" {n}\n") for n in range(40))))


# --- leakage


def test_leakage_is_told_with_both_places() -> None:
    train, valid = good(), [*pairs(("new\n\n###\n\n", " a")), {**good()[4], "completion": " z"}]
    [finding] = leakage(source(train, file="train"), source(valid, file="valid"))
    assert (finding.id, finding.file, finding.line) == ("D405", "valid", 2)
    assert "train:5" in finding.message


def test_without_a_common_prompt_nothing_leaks() -> None:
    assert list(leakage(source(good(5)), source(good(9)[5:]))) == []
    assert list(leakage(source([]), source([{"prompt": 3}]))) == []
