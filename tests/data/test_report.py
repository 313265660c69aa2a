"""Findings put together, bounded and safe to print."""

from __future__ import annotations

import json

from openft.data.findings import Finding, Severity
from openft.data.report import FileFacts, Report

NASTY = "\x1b[31m\u202e<script>alert(1)</script>\n"


def finding(id: str = "D101", severity: Severity = Severity.WARNING, line: int | None = 3, **more: str) -> Finding:
    return Finding(id, "some-name", severity, more.pop("message", "what is wrong"), line=line, fixable=True, **more)


def test_nothing_found() -> None:
    report = Report()
    assert report.text() == "nothing found"
    assert repr(report) == "Report(nothing found)"
    assert report.usable
    assert report.to_dict() == {"usable": True, "files": [], "errors": 0, "warnings": 0, "notes": 0, "findings": []}


def test_the_worst_comes_first() -> None:
    report = Report([finding("D9", Severity.NOTE), finding("D2"), finding("D1"), finding("D3", Severity.ERROR)])
    assert [kind.id for kind in report.kinds] == ["D3", "D1", "D2", "D9"]
    assert report.summary() == "1 error, 2 warnings, 1 note"
    assert not report.usable


def test_the_first_of_each_kind_are_kept_and_all_are_counted() -> None:
    report = Report((finding(line=line) for line in range(1, 1001)), first=2)
    assert report.text() == (
        "line 1: warning: D101 some-name: what is wrong\nline 2: warning: D101 some-name: what is wrong\n"
        "… and 998 more of D101 some-name\n1000 warnings"
    )
    assert len(report.kinds[0].first) == 2


def test_a_place_is_file_and_line_as_far_as_known() -> None:
    report = Report([finding(file="a.jsonl"), finding(file="a.jsonl", line=None), finding(line=None, excerpt="text")])
    what = "warning: D101 some-name: what is wrong"
    assert report.text().splitlines()[:3] == [f"a.jsonl:3: {what}", f"a.jsonl: {what}", f"{what}: text"]


def test_what_a_terminal_would_obey_is_escaped_everywhere() -> None:
    report = Report([finding(file=NASTY, message=NASTY, excerpt=NASTY)])
    html = report._repr_html_()
    for told in (report.text(), report.to_json(), html):
        assert "\x1b" not in told
        assert "\u202e" not in told
    assert "<script>" not in html


def test_json_reads_back_with_line_and_column() -> None:
    told = json.loads(Report([finding(column="prompt", excerpt="한국어")]).to_json())
    [kind] = told["findings"]
    assert (kind["severity"], kind["count"], kind["fixable"]) == ("warning", 1, True)
    assert (kind["first"][0]["line"], kind["first"][0]["column"], kind["first"][0]["excerpt"]) == (
        3,
        "prompt",
        "한국어",
    )


def test_what_each_file_is_stands_before_the_numbers() -> None:
    report = Report([finding()])
    report.files += [
        FileFacts(f"a{NASTY}.csv", "csv", None, 1200, "prompt_completion", "classification", 3, "", ""),
        FileFacts("b.jsonl", "jsonl", None, 1, "chat", "conditional generation", 0, "", ""),
    ]
    told = report.text().splitlines()[1:]
    assert told[0].endswith(".csv: 1,200 rows of prompt/completion, classification into 3 classes")
    assert told[1:] == ["b.jsonl: 1 row of chat", "1 warning"]
    html = report._repr_html_()
    assert "<p>b.jsonl: 1 row of chat</p>" in html
    assert not set(html) & {"\x1b", "\u202e"}
    assert "<script>" not in html
