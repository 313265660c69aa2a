"""What a report says, and of whom it says when they stop."""

from __future__ import annotations

import json
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from archive.account import Account, file, fine_tune, job
from loopback import refusal
from openft import Client
from openft.archive import Damage, Ending, Entry, Held, Report, save, verify
from openft.archive.endings import Models
from openft.archive.tables import moment
from openft.shutdowns import announced, base_of, service_dates

OPENAI = "https://api.openai.com/v1"
OTHER = "https://api.example.com/v1"


def models(*own: tuple[str, str], **listed: object) -> Models:
    made = Models()
    for name, date in listed.items():
        made.add(name.replace("_", "-"), date)
    for name, base in own:
        made.trained(name, base)
    return made


def report(**fields: Any) -> Report:
    told: dict[str, Any] = {"folder": "a", "host": OTHER, "owner": {}, "when": "now", "did": "saved", "held": []}
    return Report(**{**told, **fields})


@pytest.mark.parametrize(
    ("told", "date"),
    [
        (1_799_884_800, "2027-01-14"),
        (1_799_884_800.5, "2027-01-14"),
        ("1799884800", "2027-01-14"),
        ("2027-01-14", "2027-01-14"),
        ("2027-01-14T20:00:00-08:00", "2027-01-15"),
    ],
)
def test_a_date_that_the_host_says_is_that_of_the_model_and_of_what_was_trained_from_it(
    told: object, date: str
) -> None:
    ends = models(("ft:m-1:org::a", "m-1"), m_1=told).endings(OTHER)
    assert ends == [
        Ending(date, "ft:m-1:org::a", "m-1", "the host's list of models, of its base"),
        Ending(date, "m-1", None, "the host's list of models"),
    ]


@pytest.mark.parametrize("told", [0, 1, -1, True, None, "", "soon", 10**20, float("nan")])
def test_what_is_no_date_to_a_warning_is_none_to_a_report(told: object) -> None:
    made = models(("ft:m-1:org::a", "m-1"), m_1=told)
    assert not made.endings(OTHER)
    assert made.undated(OTHER) == ["ft:m-1:org::a"]


def test_openais_hosts_in_other_places_announce_the_same() -> None:
    address = "https://eu.api.openai.com/v1"
    assert models(("mine", "gpt-4o")).endings(address) == models(("mine", "gpt-4o")).endings(OPENAI)
    assert service_dates(address) == service_dates(OPENAI)


def test_a_plan_says_what_a_run_would_save() -> None:
    assert report(did="planned", held=[Held("jobs", 1, 0, 1, None)]).next_steps() == ["save it all: openft archive a"]
    assert report(did="planned", held=[Held("jobs", 1, 0, 0, None)]).next_steps() == []


@pytest.mark.parametrize(
    ("folder", "pasted"),
    [("my account", "'my account'"), ("it's", "'it'\"'\"'s'"), ("-a", "./-a"), ("a\x1b", "DIR"), ("a/b", "a/b")],
)
def test_commands_can_be_pasted_whatever_the_folder_is_called(folder: str, pasted: str) -> None:
    news = [Held("jobs", 1, 0, 1, None)]
    failed = [Entry("events", "j", "failed")]
    steps = [
        *report(folder=folder, held=news, did="planned").next_steps(),
        *report(folder=folder, unfinished=["j (running)"]).next_steps(),
        *report(folder=folder, did="verified", ended=False).next_steps(),
        *report(folder=folder, did="verified", unsaved=failed).next_steps(),
    ]
    commands = [step.partition(": ")[2] for step in steps if "openft archive" in step]
    plain, check = f"openft archive {pasted}", f"openft archive {pasted} --verify"
    assert commands == [plain, plain, check, plain, check, plain, check]


def test_a_fine_tunes_own_date_wins() -> None:
    made = models(("ft:m-1:org::a", "m-1"), m_1="2027-02-02")
    made.add("ft:m-1:org::a", "2027-01-01")
    assert [(one.date, one.model) for one in made.endings(OTHER)] == [
        ("2027-01-01", "ft:m-1:org::a"),
        ("2027-02-02", "m-1"),
    ]


@pytest.mark.parametrize(
    ("base", "date"),
    [
        ("gpt-4o-mini-2024-07-18", "2027-01-14"),
        ("gpt-4.1-mini", "2027-01-14"),
        ("gpt-3.5-turbo-0125", "2026-10-23"),
        ("gpt-4-0613", "2026-10-23"),
        ("curie", "2024-01-04"),
        ("ft:gpt-4o-2024-08-06:org::x", "2027-01-14"),
    ],
)
def test_openais_announcements_hold_for_versions_and_for_what_was_trained_from_them(base: str, date: str) -> None:
    ends = models(("mine", base)).endings(OPENAI)
    assert ("mine", date) in [(one.model, one.date) for one in ends]
    assert all("deprecations" in one.source or "notices" in one.source for one in ends)


@pytest.mark.parametrize("base", ["gpt-4o-audio-preview", "gpt-4o-latest", "gpt-5", "babbage-002", "", "*"])
def test_of_what_nobody_has_announced_no_date_is_said(base: str) -> None:
    made = models(("mine", base))
    assert not made.endings(OPENAI)
    assert made.undated(OPENAI) == ["mine"]


def test_openais_announcements_say_nothing_about_other_hosts() -> None:
    made = models(("mine", "gpt-4o"), gpt_4o=None)
    for host in (OTHER, "the embedded server", "https://api.openai.com.example.org/v1", "http://127.0.0.1/v1"):
        assert not made.endings(host)
        assert not service_dates(host)
    assert service_dates(OPENAI)


def test_a_listed_version_ends_with_its_family() -> None:
    (ending,) = models(gpt_4o_2024_08_06=0).endings(OPENAI)
    assert (ending.model, ending.base, ending.date) == ("gpt-4o-2024-08-06", None, "2027-01-14")


@pytest.mark.parametrize("name", [None, "", 7])
def test_a_job_without_a_model_has_none(name: object) -> None:
    made = Models()
    made.trained(name, "m")
    made.trained("mine", None)
    assert made.own == {"mine": ""}


@pytest.mark.parametrize(
    ("name", "base"),
    [("ft:gpt-4o:org:x:1", "gpt-4o"), ("curie:ft-org-2023", "curie"), ("gpt-4o", "gpt-4o"), ("a:b", "a:b")],
)
def test_the_base_is_in_the_name(name: str, base: str) -> None:
    assert base_of(name) == base


def test_every_announced_date_has_its_source() -> None:
    assert len(announced()) == 17
    for one in announced():
        assert one.date == one.date.strip()
        assert len(one.date) == 10
        assert one.model
        assert one.source
        assert one.certainty


def test_many_fine_tunes_of_one_base_are_one_line() -> None:
    ends = [Ending("2027-01-14", f"ft:m:org::{number}", "m", "x") for number in range(200)]
    text = report(endings=ends).text()
    line = "  2027-01-14  ft:m:org::0, ft:m:org::1, ft:m:org::2 and 197 more, trained from m (x)"
    assert line in text.splitlines()
    assert "keep your models' answers before they stop (2027-01-14): openft capture MODEL FILE" in text


def test_long_lists_are_cut_in_the_text_and_whole_in_json() -> None:
    damage = [Damage(f"jobs/{number}", "missing") for number in range(50)]
    made = report(did="verified", damage=damage)
    assert "  … and 30 more; report.json has all" in made.text()
    assert len(json.loads(made.to_json())["damage"]) == 50
    assert "jobs/49" in made.text(most=50)


def test_a_report_says_that_weights_cannot_be_saved() -> None:
    made = report()
    for text in (made.text(), made.to_json(), made.html()):
        assert "the weights of fine-tuned models: no host gives them out" in text


def test_openais_dates_and_models_without_one_are_told() -> None:
    made = report(host=OPENAI, dates=service_dates(OPENAI), undated=["ft:x"])
    assert "2027-01-06  the last customers cannot create jobs (OpenAI deprecations page" in made.text()
    assert "nobody says when these stop:\n  ft:x" in made.text()
    assert "2027-01-06" in made.html()


class Page(HTMLParser):
    """Counts what a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)


EVIL = '<script>alert("x")</script>\x1b[31m\u202e'


def test_whatever_a_host_says_is_escaped(account: Account, client: Client, tmp_path: Path) -> None:
    account.models = [{"id": EVIL, "shutdown_date": EVIL}]
    account.jobs = [job(fine_tuned_model=EVIL, model=EVIL, organization_id=EVIL)]
    account.fine_tunes = [fine_tune(organization_id="")]
    account.always["/files/file-1/content"] = [refusal(403, EVIL)]
    account.files = [file(filename=EVIL)]
    made = save(client, tmp_path)
    for text in (made.html(), (tmp_path / "report.html").read_text("utf-8"), made._repr_html_()):
        page = Page()
        page.feed(text)
        assert "table" in page.tags
        assert "script" not in page.tags
        assert "\x1b" not in text
    for text in (made.text(), repr(made), (tmp_path / "report.txt").read_text("utf-8")):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert made.html().startswith("<!doctype html>")


def test_a_page_says_whose_it_is_and_when_it_was_made(client: Client, tmp_path: Path) -> None:
    made = save(client, tmp_path)
    told = f"<p>archive of {client.base_url} (organization_id org-1), saved {made.when}</p>"
    assert told in (tmp_path / "report.html").read_text("utf-8")
    assert told in made._repr_html_()


def test_a_page_has_no_empty_tables(account: Account, client: Client, tmp_path: Path) -> None:
    account.models, account.jobs, account.fine_tunes, account.files = [], [], [], []
    page = save(client, tmp_path).html()
    assert "<tbody></tbody>" not in page
    assert "stops answering" not in page
    assert "what to do next" in page
    plan = save(client, tmp_path, dry_run=True)
    assert plan.held == []
    assert f"<p>{plan.summary()}</p>" in plan.html()


def test_notes_are_no_steps(account: Account, client: Client, tmp_path: Path) -> None:
    account.fine_tunes = None
    page = save(client, tmp_path).html()
    assert page.index("the host has no fine-tunes") < page.index("what to do next")


def test_models_have_no_size(client: Client, tmp_path: Path) -> None:
    made = save(client, tmp_path)
    assert "  1 model\n" in made.text()
    assert "0 B" not in made.html()


def test_what_models_without_a_date_were_trained_from_is_told(account: Account, client: Client, tmp_path: Path) -> None:
    account.jobs = [job(model="", fine_tuned_model="ft:m-2:org:x:1"), job("ftjob-2", model="", fine_tuned_model="mine")]
    report = save(client, tmp_path)
    ada = "ada:ft-org-2023-01-01-00-00-00"
    assert report.undated == [ada, "ft:m-2:org:x:1", "mine"]
    assert report.bases == {ada: "ada", "ft:m-2:org:x:1": "m-2"}
    assert f"  {ada}, trained from ada\n" in report.text()
    assert "  mine\n" in report.text()
    cells = f'{ada}</td><td style="text-align:left">ada</td>'
    assert cells in report.html()
    assert verify(tmp_path).bases == save(client, tmp_path, dry_run=True).bases == report.bases


def test_the_report_is_in_the_folder(client: Client, tmp_path: Path) -> None:
    made = save(client, tmp_path)
    assert json.loads((tmp_path / "report.json").read_text()) == json.loads(made.to_json())
    assert (tmp_path / "report.txt").read_text("utf-8") == made.text(most=1000) + "\n"
    assert "manifest.jsonl" in (tmp_path / "README.txt").read_text()


def test_the_folder_names_no_files_that_are_not_there(account: Account, client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    text = (tmp_path / "README.txt").read_text()
    for name in ("jobs.csv", "fine-tunes.csv", "files.csv", "models.csv", "model_limits.json", "SHA256SUMS"):
        assert name in text
    assert "decoded" not in text
    account.models, account.jobs, account.fine_tunes, account.files = [], [], [], []
    account.always["/fine_tuning/model_limits"] = [refusal(404)]
    save(client, tmp_path / "empty")
    text = (tmp_path / "empty/README.txt").read_text()
    for name in ("jobs", "fine-tunes", "files", "models.csv", "model_limits"):
        assert f"\n{name}" not in text
    assert "\nreport.html" in text


def test_a_table_that_was_in_base64_is_named(account: Account, client: Client, tmp_path: Path) -> None:
    account.contents["file-2"] = b64encode(b"step,loss\n1,2\n")
    save(client, tmp_path)
    assert "files/ID/NAME.decoded.csv" in (tmp_path / "README.txt").read_text()


def test_a_report_is_one_line_in_a_console(client: Client, tmp_path: Path) -> None:
    assert repr(save(client, tmp_path)).startswith(f"<Report of {tmp_path}: complete: 1 job (")


def test_a_notebook_shows_the_first_rows() -> None:
    damage = [Damage(f"jobs/{number}", "missing") for number in range(50)]
    made = report(did="verified", damage=damage)
    assert made._repr_html_().count("jobs/") == 20
    assert made.html().count("jobs/") == 50


@pytest.mark.parametrize("seconds", [float("nan"), 1e300])
def test_a_time_that_no_calendar_has_is_told_as_it_is(seconds: float) -> None:
    assert moment(seconds) == str(seconds)
