"""What a capture came to, as text, as JSON and in a notebook."""

from __future__ import annotations

import json
from pathlib import Path

from capture.hosts import completion, hosted, no, written
from openft.capture import TERMS, Capture, answers, plan
from openft.capture.report import ClassScore

LABELS = [" good END", " bad END"]


def captured(folder: Path) -> Capture:
    """Six good films and six bad ones, of which one is called good, one something else, and one is refused."""
    rows = [{"prompt": f"q{n}", "completion": LABELS[n % 2]} for n in range(12)]

    def says(prompt: str) -> str | bytes:
        number = int(prompt[1:])
        if number == 3:
            return " good"
        if number == 5:
            return no(400, "filtered\x1b[2J")
        return " <b>odd</b>\x07" if number == 1 else LABELS[number % 2].removesuffix(" END")

    with hosted(says) as (client, _):
        return answers(client, "m", written(folder / "in", rows), folder / "out")


def test_classes_are_told_apart(tmp_path: Path) -> None:
    capture = captured(tmp_path)
    assert (capture.compared, capture.right, capture.strange, capture.failed) == (11, 9, 1, 1)
    assert capture.classes == (ClassScore("good", 6, 6, 7, 0), ClassScore("bad", 5, 3, 3, 1))
    assert [score.accuracy for score in capture.classes] == [1, 0.6]
    assert ClassScore("none", 0, 0, 0, 0).accuracy is None


def test_the_summary_as_text(tmp_path: Path) -> None:
    capture = captured(tmp_path)
    assert capture.text().split("\n") == [
        f"{tmp_path / 'out'}: 11 of 12 rows have an answer of m",
        "asked in this run: 11, with 33 tokens read and 11 written; 0 from the cache or asked once for several rows",
        "as expected: 9 of 11 (81.8%); 1 row has no answer",
        "  class 'good': 6 of 6 (100.0%); answered 7 times",
        "  class 'bad': 3 of 5 (60.0%), 1 row has no answer; answered 3 times",
        "  none of the classes: 1, such as '<b>odd</b>\\x07'",
        "  line 6: filtered\\x1b[2J",
        "without an answer: 1, and the output says why; the same command asks them again",
        TERMS,
    ]
    assert capture.notes[0] == "answers end at ' END', as the completions of the file do"


def test_the_summary_as_json_and_html(tmp_path: Path) -> None:
    capture = captured(tmp_path)
    told = json.loads(capture.to_json())
    assert told == json.loads(json.dumps(capture.to_dict()))
    assert (told["exact_match"], told["complete"], told["terms"]) == (9 / 11, False, TERMS)
    assert told["classes"][1] == {"label": "bad", "rows": 5, "right": 3, "answered": 3, "failed": 1}
    html = capture._repr_html_()
    assert "<caption" in html
    assert '<td style="text-align:left">bad</td>' in html
    assert repr(capture) == "Capture(11 of 12 answered, 9 of 11 as expected)"


def test_without_classes_there_is_no_table_of_them(tmp_path: Path) -> None:
    with hosted(lambda _: completion("a", finish_reason="length")) as (client, _):
        capture = answers(client, "m", written(tmp_path / "in", [{"prompt": "q"}]), tmp_path / "out")
    assert (capture.exact_match, capture.classes, capture.cut) == (None, (), 1)
    assert "ended at max_tokens: 1; where that cuts answers off, ask for more" in capture.text()
    assert "as expected" not in capture.text()
    assert capture._repr_html_().count("<table") == 1


def test_of_many_classes_the_first_are_told(tmp_path: Path) -> None:
    rows = [{"prompt": f"q{n}", "completion": f" {n % 25}"} for n in range(100)]
    with hosted(lambda prompt: str(int(prompt[1:]) % 25)) as (client, _):
        capture = answers(client, "m", written(tmp_path / "in", rows), tmp_path / "out")
    assert len(capture.classes) == 25
    assert capture.text().count("  class ") == 20
    assert "  and 5 more classes; to_dict() or --json has all" in capture.text()


def test_a_class_whose_rows_have_no_answer_is_told_with_their_number(tmp_path: Path) -> None:
    rows = [{"prompt": f"q{n}", "completion": [" ham", " spam", " eggs"][n % 3]} for n in range(24)]
    with hosted(lambda p: no(400, "no") if int(p[1:]) % 3 else "eggs" if p == "q0" else "ham") as (client, _):
        capture = answers(client, "m", written(tmp_path / "in", rows), tmp_path / "out", concurrency=1)
    assert "as expected: 7 of 8 (87.5%); 16 rows have no answer" in capture.text()
    assert "  class 'ham': 7 of 8 (87.5%); answered 7 times" in capture.text()
    assert "  class 'spam': 8 rows have no answer; answered 0 times" in capture.text()
    assert "  class 'eggs': 8 rows have no answer; answered once" in capture.text()


def test_a_class_beyond_the_limit_has_no_rows(tmp_path: Path) -> None:
    rows = [{"prompt": f"q{n}", "completion": " rare" if n == 11 else " good"} for n in range(12)]
    with hosted(lambda _: "good") as (client, _):
        capture = answers(client, "m", written(tmp_path / "in", rows), tmp_path / "out", limit=3)
    assert "  class 'rare': no rows; answered 0 times" in capture.text()


def test_what_was_not_asked_is_told_with_how_it_is(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": "q"}, {"prompt": "p"}])
    capture = answers(None, "m", source, tmp_path / "out")
    assert (capture.failed, capture.not_asked, capture.unaskable) == (2, 2, 0)
    assert capture.text().split("\n")[-2] == (
        "not asked: 2, for want of a client; the same command without --offline asks them"
    )


def test_rows_that_cannot_be_asked_are_to_be_mended_in_their_file(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": "q"}, {"prompt": 3}, {"prompt": "bad"}])
    with hosted(lambda p: no(400, "no") if p == "bad" else p) as (client, _):
        capture = answers(client, "m", source, tmp_path / "out")
    assert (capture.failed, capture.not_asked, capture.unaskable, capture.source) == (2, 0, 1, str(source))
    assert capture.text().split("\n")[-5:] == [
        "  line 2: prompt is a JSON number, not text; write it as text",
        "  line 3: no",
        f"cannot be asked as they stand: 1; mend them in {source}, and the same command asks them",
        "without an answer: 1, and the output says why; the same command asks them again",
        TERMS,
    ]


def test_a_row_without_an_expected_answer_is_of_no_class(tmp_path: Path) -> None:
    rows = [{"prompt": f"q{n}", "completion": [" yes", " no"][n % 2]} for n in range(12)]
    with hosted(lambda _: "yes") as (client, _):
        capture = answers(client, "m", written(tmp_path / "in", [*rows, {"prompt": "q"}]), tmp_path / "out")
    assert (capture.compared, sum(score.rows for score in capture.classes), capture.classes[0].answered) == (12, 12, 13)


def test_a_plan_in_words(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": "twelve words"}, {"prompt": 1}])
    found = plan("m", source, tmp_path / "out")
    assert found.text().split("\n") == [
        "rows: 2; to be asked of m: 1; in the cache: 0",
        "rows that cannot be asked as they stand: 1; the output will say why",
        "tokens: about 3 to be read, at most 256 to be written, for what is still to be asked",
        "cost: no price of answers is known to openft; multiply the tokens by those of the host",
        f"answers go to {tmp_path / 'out'}, and as they come to {tmp_path / 'out.cache'}",
        TERMS,
    ]
    assert json.loads(found.to_json()) == {**found.to_dict(), "notes": list(found.notes)}
    assert "to_ask" in found._repr_html_()


def test_a_plan_of_what_the_host_bounds(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"messages": [{"role": "user", "content": "q"}]}])
    found = plan("ada", source, tmp_path / "out")
    assert "as many as the host allows to be written" in found.text()
    assert "tokens: about" not in found.text()


def test_the_columns_that_are_taken_are_among_the_notes(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("review,label\na,1\nb,0\n")
    assert (
        plan("m", tmp_path / "in.csv", tmp_path / "out").notes[0].startswith("column 'review' is taken for the prompt")
    )
