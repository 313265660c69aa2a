"""What stands before, behind and hidden in texts, and how it is mended."""

from __future__ import annotations

import pytest

from data.batches import WORDS, Row, fixed, good, ids, look, named, pairs
from openft.data.checks.marks import LAST_SEPARATOR, LAST_STOP, SEPARATORS, STOPS, mark_of, whole_words


@pytest.mark.parametrize(
    "mark", [*SEPARATORS, LAST_SEPARATOR, "\nSupported:", "\n\nAnswer:", "\n", " =>", "###", "\nQ:\n"]
)
@pytest.mark.parametrize("before", ["", "s", " about things", ".", "입니다"])
def test_a_separator_is_recognised_whatever_stands_before_it(mark: str, before: str) -> None:
    assert mark_of(before + mark, SEPARATORS) == mark


@pytest.mark.parametrize("mark", [*STOPS, LAST_STOP, "</s>", "<|end|>", " STOP", "\n\n"])
@pytest.mark.parametrize("before", ["", "s", " indeed", ".", " 이고요"])
def test_a_stop_sequence_is_recognised_whatever_stands_before_it(mark: str, before: str) -> None:
    assert mark_of(before + mark, STOPS) == mark or mark_of(before + mark, STOPS) in STOPS


@pytest.mark.parametrize(
    "common",
    [
        "",
        "s",
        " about things",
        " 입니다",
        "다.",
        "?",
        " ",
        "APPEND",
        "WEEKEND",
        '"',
        ")",
        "\nthings",
        "/",
        "0;",
        "x:",
        "50%",
        "</div>",
        "x[0]",
        "x[i]",
        "_",
    ],
)
def test_a_natural_ending_is_not_taken_for_a_mark(common: str) -> None:
    assert mark_of(common, SEPARATORS) == ""


@pytest.mark.parametrize(("start", "words"), [
    ("Result: out", "Result: "), ("Result:", "Result:"), ("결과:", "결과:"), ("12:3", ""), ("a", ""), ("", ""),
    ("a b", "a "),
])  # fmt: skip
def test_a_common_start_ends_where_a_word_or_label_does(start: str, words: str) -> None:
    assert whole_words(start) == words


def plain(rows: int = 400, *, prompt: str = "", completion: str = " ") -> list[Row]:
    return pairs(*((f"{WORDS[n % 12]} {n}{prompt}", f"{completion}{WORDS[n % 5]}") for n in range(rows)))


def test_a_separator_is_put_behind_prompts_that_have_none() -> None:
    rows = plain()
    assert ids(rows) == {"D301", "D403"}
    after, _ = fixed(rows)
    assert after[1] == {"prompt": "river 1 ->", "completion": " river"}


@pytest.mark.parametrize(("inside", "mark"), [
    ("\n", "\n\n###\n\n"), (" -> ", "\n\n###\n\n"), (" -> \n\n###\n\n", "\n\n===\n\n"),
    ("".join(SEPARATORS), LAST_SEPARATOR),
])  # fmt: skip
def test_the_separator_is_the_first_that_is_in_no_prompt(inside: str, mark: str) -> None:
    rows = [*plain(), *pairs((f"a{inside}b", " x"))]
    assert fixed(rows)[0][0]["prompt"] == f"apple 0{mark}"


def test_where_most_prompts_have_a_separator_the_others_get_the_same() -> None:
    rows = [*plain(prompt="\n\n###\n\n"), *pairs(("new", " apple"))]
    [finding] = named(rows, "D301")
    assert finding.message.startswith("1 of 401 texts do not end")
    assert fixed(rows)[0] == [*rows[:-1], *pairs(("new\n\n###\n\n", " apple"))]


def test_a_separator_that_turns_out_late_is_counted_from_the_start() -> None:
    rows = pairs(*((f"is it -> {n}{' so' if n < 20 else ''} ->", f" {n}\n") for n in range(400)))
    assert "400 texts" in named(rows, "D302")[0].message


def test_a_stop_sequence_is_for_free_answers_only() -> None:
    rows = pairs(*((f"{n} ->", f" {n} is it") for n in range(400)))
    assert ids(rows) == {"D305"}
    assert fixed(rows)[0][3]["completion"] == " 3 is it\n"
    assert "D305" not in ids(plain())


def test_a_stop_sequence_inside_an_answer_is_told() -> None:
    rows = pairs(*((f"{n} ->", f" answer {n}\n") for n in range(400)), ("x ->", " one\ntwo\n"))
    [finding] = named(rows, "D306")
    assert (finding.line, finding.excerpt) == (401, " one\\ntwo")


def test_where_completions_are_open_ended_prompts_need_no_separator() -> None:
    assert ids(pairs(*(("", f" {n} stories") for n in range(400)))) == set()


def test_a_long_prefix_of_prompts_is_taken_off() -> None:
    rows = pairs(*((f"Classify this: {WORDS[n % 12]} {n} ->", f" {n % 2}") for n in range(400)))
    assert ids(rows) == {"D303"}
    assert fixed(rows)[0][0]["prompt"] == "apple 0 ->"


def test_a_short_prefix_of_prompts_may_stay() -> None:
    assert ids(pairs(*((f"Tweet: {WORDS[n % 12]} {n} ->", f" {n % 2}") for n in range(400)))) == set()


def test_a_prefix_of_completions_leaves_one_space_where_it_had_one() -> None:
    rows = pairs(*((f"{n} ->", f" Answer:  {WORDS[n % 2]}") for n in range(400)))
    assert ids(rows) == {"D304"}
    assert fixed(rows)[0][0]["completion"] == " apple"


def test_a_space_is_put_before_completions_without_one() -> None:
    rows = plain(completion="", prompt=" ->")
    assert "D307" in ids(rows)
    assert fixed(rows)[0] == plain(prompt=" ->")


def test_a_fix_that_was_refused_is_not_proposed_again() -> None:
    rows = [*plain(), {**plain()[3], "completion": "cloud"}]
    after, mended = fixed(rows, "D307", "D101")
    assert after == plain()
    assert [step.fix.id for step in mended.steps] == ["D307", "D101"]


def test_duplicates_that_the_space_makes_are_left_out_as_well() -> None:
    rows = [*plain(prompt=" ->"), {**plain(prompt=" ->")[3], "completion": "cloud"}]
    after, mended = fixed(rows)
    assert after == plain(prompt=" ->")
    assert [step.fix.id for step in mended.steps] == ["D307", "D101"]


@pytest.mark.parametrize(("column", "id"), [("prompt", "D308"), ("completion", "D309")])
def test_capitals_become_small_letters(column: str, id: str) -> None:
    rows: list[Row] = [{**row, column: str(row[column]).upper()} for row in plain(prompt=" ->")]
    assert id in ids(rows)
    assert fixed(rows)[0] == plain(prompt=" ->")


def test_capitals_outside_ascii_are_counted() -> None:
    rows = pairs(*((f"ПРИВЕТ {n} ->", f" {n % 2}") for n in range(400)))
    assert "D308" in ids(rows)
    assert fixed(rows)[0][0]["prompt"] == "привет 0 ->"


def test_of_long_data_a_part_is_looked_at_and_said_to_be() -> None:
    rows = pairs(*((f"{'WORD ' * 400}{n} ->", f" {n % 2}") for n in range(600)))
    assert "about 100%" in named(rows, "D308")[0].message


def test_korean_has_no_capitals() -> None:
    assert ids(pairs(*((f"안녕하세요 {n} ->", f" {n % 2}") for n in range(400)))) == set()


def test_a_blank_that_only_some_texts_end_with_is_taken_off() -> None:
    rows = [*good(), *pairs(("x\n\n###\n\n ", " a\t"))]
    assert ids(rows) == {"D301", "D310", "D402", "D403"}
    assert fixed(rows, "D310")[0][-1] == {"prompt": "x\n\n###\n\n", "completion": " a"}


def test_an_empty_prompt_does_not_end_with_a_blank() -> None:
    [finding] = named([*good(), *pairs(("x ", " a"), ("", " b"))], "D310")
    assert finding.message.startswith("1 texts")


@pytest.mark.parametrize(("character", "id"), [
    ("\x00", "D501"), ("\x1b", "D501"), ("\x7f", "D501"), ("\x85", "D501"), ("\u202e", "D502"), ("\u2066", "D502"),
    ("\u200b", "D503"), ("\ufeff", "D503"), ("\U000e0041", "D503"),
])  # fmt: skip
@pytest.mark.parametrize("column", ["prompt", "completion"])
def test_hidden_characters_are_told_and_taken_out(character: str, id: str, column: str) -> None:
    rows = [
        *good(),
        {
            **pairs(("한x…\n\n###\n\n", " a"))[0],
            column: f" {character}a\n\n###\n\n"[: 3 if column == "completion" else None],
        },
    ]
    [finding] = named(rows, id)
    assert (finding.line, finding.column) == (401, column)
    assert f"U+{ord(character):04X}" in finding.message
    assert character not in (finding.excerpt or "")
    assert character not in str(fixed(rows)[0])


def test_a_lost_character_is_told_and_left() -> None:
    rows = [*good(), *pairs(("caf\ufffd\n\n###\n\n", " a"))]
    assert ids(rows) == {"D504"}
    assert look(rows)[0].fixes == ()


@pytest.mark.parametrize(
    "text", ["tab\there", "line\nline", "\r\n", "“quoted” – …", "👩‍💻", "می‌خواهم", "\u200e(a)\u200f", "é한국"]
)
def test_what_texts_are_made_of_is_let_be(text: str) -> None:
    assert not {"D501", "D502", "D503", "D504"} & ids([*good(), *pairs((f"{text}\n\n###\n\n", " a"))])


def test_a_few_names_in_capitals_within_korean_are_no_column_in_capitals() -> None:
    rows = pairs(*((f"{n}번째로 CGV에서 본 영화입니다 ->", " 1." if n % 2 else " 0.") for n in range(300)))
    assert not ids(rows) & {"D308"}
    mixed = pairs(*((f"{n}번째 É CGV ->", " 1." if n % 2 else " 0.") for n in range(300)))
    assert ids(mixed) & {"D308"}


CONTENT = [
    '{{"name": "n{n}", "age": {n}}}', "https://a{n}.com/a", '<div class="a{n}">', "import a{n}",
    "$ sudo apt install pkg{n}", "South {n}", "대한민국 서울 {n}", "lambda x: x + {n}", "name: n{n}\nage: {n}",
    "Name: n{n}\nAge: {n}", "From: n{n}, To: b", "The answer is {n}",
]  # fmt: skip


@pytest.mark.parametrize("content", CONTENT)
@pytest.mark.parametrize("space", ["", " "])
@pytest.mark.parametrize("classes", [40, 4])
def test_what_completions_say_is_no_prefix_that_a_fix_takes_off(content: str, space: str, classes: int) -> None:
    rows = pairs(*((f"{WORDS[n % 12]} {n} ->", space + content.format(n=n % classes)) for n in range(40)))
    after, _ = fixed(rows, "D304")
    assert after == rows
    assert {finding.fixable for finding in named(rows, "D304")} <= {False}


@pytest.mark.parametrize("content", [
    '{{"review": "n{n}", "age": {n}}}', "import numpy as np\nx = {n}", "SELECT name FROM t{n}",
    "Customer name: {n}\nAge: 3",
])  # fmt: skip
def test_what_prompts_say_is_no_prefix_that_a_fix_takes_off(content: str) -> None:
    rows = pairs(*((f"{content.format(n=n)}\n\n###\n\n", f" {n % 2}") for n in range(40)))
    assert fixed(rows, "D303")[0] == rows


def test_a_label_is_taken_off_classes_and_a_line_keeps_its_indentation() -> None:
    rows = pairs(*((f"{n} ->", f" Genre: {WORDS[n % 3]}") for n in range(40)))
    assert fixed(rows, "D304")[0][1]["completion"] == " river"
    code = pairs(*((f"{n} ->", f" Answer:\n    x = {n}\n    return x\n") for n in range(40)))
    assert fixed(code, "D304")[0][1]["completion"] == "    x = 1\n    return x\n"


def test_a_prefix_that_stays_says_so() -> None:
    [finding] = named(pairs(*((f"{n} ->", f" South {WORDS[n % 3]}") for n in range(40))), "D304")
    assert (finding.fixable, "which no fix takes off" in finding.message) == (False, True)


@pytest.mark.parametrize("labels", [["US", "us", "UK", "IT", "it"], ["A", "a", "B"]])
def test_classes_that_differ_in_case_only_are_not_made_one(labels: list[str]) -> None:
    rows = pairs(*((f"{WORDS[n % 12]} {n} ->", f" {labels[n % len(labels)]}") for n in range(40)))
    after, _ = fixed(rows, "D309")
    assert after == rows
    [finding] = named(rows, "D309")
    assert (finding.fixable, "two classes would become one" in finding.message) == (False, True)


def test_capitals_can_be_codes_so_that_small_letters_are_to_be_asked_for() -> None:
    rows = pairs(*((f"{WORDS[n % 12].upper()} {n} ->", f" SELECT NAME FROM T{n}\n") for n in range(40)))
    examined, found = look(rows)
    assert [(fix.id, fix.on_request) for fix in examined.fixes] == [("D308", True), ("D309", True)]
    messages = {one.id: one.message for one in found if one.id in {"D308", "D309"} and not one.fixable}
    assert "if these are no codes or names, --only D308 makes small ones of them" in messages["D308"]
    assert "--only D309" in messages["D309"]


NATURAL = [
    "def f{n}():\n    x = {n}\n    return x\n",
    "https://a{n}.com/b/",
    "int a{n} = {n};\nint b = 0;",
    "<div>{n}</div>",
]


@pytest.mark.parametrize("content", NATURAL)
def test_a_natural_ending_is_no_stop_sequence_and_a_free_one_is_offered(content: str) -> None:
    rows = pairs(*((f"{n} ->", f" {content.format(n=n)}") for n in range(400)))
    examined, found = look(rows)
    assert (examined.stop, "D305" in {finding.id for finding in found}) == ("", True)
    after, mended = fixed(rows)
    assert [step.fix.id for step in mended.steps] == ["D305"]
    mark = mended.steps[0].fix.mark
    assert [row["completion"] for row in after] == [f"{row['completion']}{mark}" for row in rows]
    assert not any(mark in str(row["completion"]) for row in rows)
    assert look(after)[0].stop == mark
    assert not fixed(after)[1].steps


@pytest.mark.parametrize("content", ["first {n}\nsecond\n", "int a{n};\nint b = 0;\n"])
def test_a_separator_that_is_inside_prompts_is_none_and_a_free_one_is_offered(content: str) -> None:
    rows = pairs(*((content.format(n=n), f" {n % 2}") for n in range(400)))
    assert look(rows)[0].separator == ""
    after, mended = fixed(rows)
    assert [step.fix.id for step in mended.steps] == ["D301"]
    assert after[0]["prompt"] == content.format(n=0) + "\n\n###\n\n"
    assert look(after)[0].separator == "\n\n###\n\n"


@pytest.mark.parametrize(("having", "inside"), [(400, ""), (399, ""), (300, ""), (300, "x ->")])
def test_the_mark_that_is_offered_is_in_no_text_of_either_column(having: int, inside: str) -> None:
    rows = [
        *pairs(*((f"{WORDS[n % 12]} {n} ->", f" {n}{' ->' if n == 7 else ''} so\n") for n in range(having))),
        *pairs(*((f"{WORDS[n % 12]} {n}{inside}", f" {n}\n") for n in range(having, 400))),
    ]
    after, mended = fixed(rows)
    assert [step.fix.id for step in mended.steps] == ["D301"]
    assert {str(row["prompt"])[-7:] for row in after} == {"\n\n###\n\n"}


def test_where_every_mark_is_inside_texts_the_last_one_is_put_behind_them_once() -> None:
    everything = "".join([*STOPS, LAST_STOP])
    after, mended = fixed(pairs(*((f"{n} ->", f" {n}{everything} so") for n in range(400))), "D305")
    assert {str(row["completion"])[-6:] for row in after} == {LAST_STOP}
    assert mended.after.stop == ""
    assert not fixed(after, "D305")[1].steps


@pytest.mark.parametrize(("start", "end"), [("END ", " END"), ("-> ", "\n"), ("", "\n\n###\n")])
def test_what_other_fixes_put_around_a_text_makes_no_mark_inside_it(start: str, end: str) -> None:
    mark = "\n\n###\n\n" if "#" in end else " ->"
    after, _ = fixed(pairs(*((f"{n}{mark}", f"{start}{n} it{end}") for n in range(400))))
    assert not fixed(after)[1].steps


ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(("text", "mended", "id"), [
    ("first line\x0bsecond", "first line\nsecond", "D501"), ("page\x0cnext", "page\nnext", "D501"),
    (f"{ENGLAND} a\U000e0061b", f"{ENGLAND} ab", "D503"), (f"{ENGLAND}\U000e0041\U000e0042", ENGLAND, "D503"),
])  # fmt: skip
def test_hidden_characters_that_mean_something_are_not_just_taken_out(text: str, mended: str, id: str) -> None:
    rows = [*good(), *pairs((f"{text}\n\n###\n\n", " a"))]
    [finding] = named(rows, id)
    assert ("write a line end" in finding.message) == (id == "D501")
    assert fixed(rows, id)[0][-1]["prompt"] == f"{mended}\n\n###\n\n"


def test_flags_of_countries_within_others_are_let_be() -> None:
    assert not ids([*good(), *pairs((f"{ENGLAND} won{ENGLAND}\n\n###\n\n", " a"))])
