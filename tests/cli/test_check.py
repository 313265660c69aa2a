"""``openft check``."""

from __future__ import annotations

import gzip
import json
import os
import shlex
from pathlib import Path

import pytest

from cli.running import Run, run_apart

GOOD = [json.dumps({"prompt": f"film {number} ->", "completion": f" {number} END"}) + "\n" for number in range(300)]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A file in which there is nothing to find."""
    path = tmp_path / "good.jsonl"
    path.write_text("".join(GOOD))
    return path


def test_a_good_file_is_usable(good: Path, run: Run) -> None:
    about = f"{good}: 300 rows of prompt/completion, conditional generation\n"
    assert run("check", str(good)) == (0, f"{about}nothing found: usable\n", "")


def test_a_warning_leaves_a_file_usable(good: Path, run: Run) -> None:
    good.write_text("".join([*GOOD, GOOD[3]]))
    ended = run("check", str(good))
    line = (
        f"{good}:301: warning: D101 duplicate-row: the same prompt and completion as in line 4; leave it out: film 3 ->"
    )
    assert (ended.code, ended.out.splitlines()[0]) == (0, line)


def test_an_error_does_not_and_all_bad_lines_are_named(good: Path, run: Run) -> None:
    good.write_text("".join([*GOOD, '{"prompt": "a ->", "completion": ""}\n', "{\n", '{"prompt": 1}\n', "\xff\n"]))
    ended = run("check", str(good))
    assert ended.code == 1
    assert [line.split(": ")[:3] for line in ended.out.splitlines()[:-3]] == [
        [f"{good}:302", "error", "D010 unreadable-row"],
        [f"{good}:304", "error", "D010 unreadable-row"],
        [f"{good}:301", "error", "D102 empty-completion"],
        [f"{good}:303", "error", "D106 number-for-text"],
        [f"{good}:303", "error", "D201 missing-column"],
    ]
    assert ended.out.splitlines()[-1] == "5 errors: not usable as it is"


def test_the_command_that_mends_the_file_can_be_pasted(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "my film.csv"
    path.write_text("id,title,body,grade\n" + "".join(f"{n},Film {n},is {n},{n % 2}\n" for n in range(20)))
    out = run("check", str(path), "--prompt", "{title}: {body}", "--completion", "grade").out
    [line] = [line for line in out.splitlines() if line.startswith("to mend ")]
    assert line.startswith("to mend D301, D307: openft prepare ")
    ended = run(*shlex.split(line.partition(": openft ")[2]), "--yes", "--no-split")
    assert ended.code == 0
    assert path.with_name("my film_prepared.jsonl").exists()


@pytest.mark.parametrize(("option", "rows"), [("--header", 30), ("--no-header", 31)])
def test_whether_there_is_a_header_can_be_said(option: str, rows: int, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "films.csv"
    path.write_text("film 100,100\n" + "".join(f"film {n},{n % 2}\n" for n in range(30)))
    names = (
        ("--prompt", "film 100", "--completion", "100") if option == "--header" else ("--prompt=1", "--completion=2")
    )
    out = run("check", str(path), option, *names).out
    assert f"{path}: {rows} rows of " in out
    [line] = [line for line in out.splitlines() if line.startswith("to mend ")]
    assert f" {option} " in line
    assert run(*shlex.split(line.partition(": openft ")[2]), "--dry-run").code == 0


def test_each_file_is_said_to_need_its_own_fixes_only(good: Path, run: Run) -> None:
    other = good.with_name("other.jsonl")
    other.write_text("".join(f'{{"prompt": "film {n}", "completion": "{n % 2}"}}\n' for n in range(20)))
    said = [line for line in run("check", str(good), str(other)).out.splitlines() if line.startswith("to mend ")]
    assert said == [f"to mend D301, D307: openft prepare {other}"]


def test_the_command_for_a_name_with_a_dash_before_it_can_be_pasted(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-x.jsonl").write_text("".join(f'{{"prompt": "film {n}", "completion": "{n % 2}"}}\n' for n in range(20)))
    [line] = [one for one in run("check", "--", "-x.jsonl").out.splitlines() if one.startswith("to mend ")]
    assert run(*shlex.split(line.partition(": openft ")[2]), "--yes", "--no-split").code == 0


def test_the_first_of_each_kind_are_printed_then_how_many_there_are(good: Path, run: Run) -> None:
    good.write_text("".join([*GOOD, *GOOD]))
    lines = run("check", str(good)).out.splitlines()
    assert lines[4].startswith(f"{good}:305: warning: D101")
    assert lines[5] == "… and 295 more of D101 duplicate-row; --report FILE has all"


def test_json_has_all_findings_and_nothing_else_is_on_stdout(good: Path, run: Run) -> None:
    good.write_text("".join([*GOOD, *GOOD]))
    ended = run("check", str(good), "--json")
    told = json.loads(ended.out)
    assert (ended.code, ended.err, told["usable"], told["warnings"]) == (0, "", True, 300)
    assert [finding["line"] for finding in told["findings"]] == list(range(301, 601))
    assert told["files"] == [
        {
            "file": str(good),
            "format": "jsonl",
            "encoding": "utf-8",
            "rows": 600,
            "kind": "prompt_completion",
            "task": "conditional generation",
            "classes": 0,
            "separator": " ->",
            "stop": " END",
            "totals": None,
            "cost": None,
            "duration": None,
        }
    ]


def test_json_of_a_good_file_has_no_findings(good: Path, run: Run) -> None:
    assert json.loads(run("check", str(good), "--json").out)["findings"] == []


@pytest.mark.parametrize("name", ["all.json", "all.html", "all.txt", "all"])
def test_a_report_has_all_findings_in_the_form_that_its_name_says(name: str, good: Path, run: Run) -> None:
    good.write_text("".join([*GOOD, *GOOD]))
    report = good.with_name(name)
    ended = run("check", str(good), "--report", str(report))
    assert f"… and 295 more of D101 duplicate-row; all are in {report}" in ended.out
    text = report.read_text("utf-8")
    if name == "all.json":
        assert len(json.loads(text)["findings"]) == 300
    elif name == "all.html":
        assert text.count("<td") == 300 * 8
        assert text.startswith("<!doctype html>")
        assert f"<p>{good}: 600 rows of prompt/completion, conditional generation</p>\n<p>300 warnings</p>" in text
    else:
        assert text.splitlines()[300:] == [
            f"{good}: 600 rows of prompt/completion, conditional generation",
            "300 warnings",
        ]
        assert text.splitlines()[299].startswith(f"{good}:600: warning: D101 duplicate-row: ")


@pytest.mark.parametrize("name", ["good.jsonl", "link.jsonl", ".", "pipe"])
def test_a_report_is_not_written_over_data_or_what_is_no_file(name: str, good: Path, run: Run) -> None:
    before = good.read_bytes()
    (good.parent / "link.jsonl").symlink_to(good)
    os.mkfifo(good.parent / "pipe")
    ended = run("check", str(good), "--report", str(good.parent / name))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.endswith("for the report\n")
    assert good.read_bytes() == before


def test_a_report_in_no_folder_is_an_error(good: Path, run: Run) -> None:
    ended = run("check", str(good), "--report", str(good.parent / "no" / "all.txt"))
    assert ended.code == 1
    assert "all.txt: cannot be written: no such file or directory" in ended.err


def test_what_a_terminal_would_obey_is_escaped(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "na\x1b[31msty.jsonl"
    rows = [{"prompt": f"\x1b]0;x\x07{number}\u202e ->", "completion": f" {number}."} for number in range(20)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = tmp_path / "all.html"
    for text in (
        run("check", str(path)).out,
        run("check", str(path), "--json").out,
        run("check", str(path), "--report", str(report)).out,
        report.read_text("utf-8"),
    ):
        assert text.count("D501") >= 5
        assert not set(text) & {"\x1b", "\x07", "\u202e"}


def test_what_the_training_file_has_too_is_found_in_the_other_files(good: Path, run: Run) -> None:
    other = good.with_name("valid.jsonl")
    other.write_text(GOOD[7] + "".join(GOOD).replace("film", "song"))
    ended = run("check", str(good), str(other))
    assert ended.code == 0
    assert ended.out.startswith(f"{other}:1: warning: D405 leakage: also in the training data, in {good}:8, ")


def test_columns_are_named_by_name_or_template(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "films.csv"
    path.write_text("id,title,body,grade\n" + "".join(f"{n},Film {n},is {n},{n % 2}\n" for n in range(20)))
    ended = run("check", str(path), "--prompt", "{title}: {body}", "--completion", "grade")
    assert ended.code == 0
    assert "20 rows of prompt/completion, classification into 2 classes" in ended.out
    assert run("check", str(path), "--prompt", "nope", "--completion", "grade").code == 1


def test_columns_that_are_in_doubt_are_one_error_that_names_them(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "films.csv"
    path.write_text("one,two,three\n" + "a,b,c\n" * 20)
    ended = run("check", str(path))
    assert ended.code == 1
    which = "which columns are the prompt and the completion? there are one, two, three; "
    assert ended.out.startswith(f"{path}: error: D012 unreadable-file: {which}")


def test_the_format_and_the_encoding_can_be_said(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes("prompt;completion\n한국;예\n".encode("cp949") * 10)
    ended = run("check", str(path), "--format", "csv", "--encoding", "cp949", "--json")
    assert json.loads(ended.out)["files"][0]["encoding"] == "cp949"


@pytest.mark.parametrize("name", ["missing.jsonl", "folder", "pipe", "/dev/zero", "loop", "dangling"])
def test_what_is_no_file_is_an_error_and_the_others_are_checked(name: str, good: Path, run: Run) -> None:
    folder = good.parent
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "dangling").symlink_to(folder / "nowhere")
    ended = run("check", str(folder / name), str(good))
    assert ended.code == 1
    assert ended.out.startswith(f"{folder / name}: error: D012 unreadable-file: cannot be read: ")
    assert f"{good}: 300 rows" in ended.out


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"\x00\x01\x02" * 99, os.urandom(4096), b"\x7fELF\x02\x01", b"{" * 5000, b'{"a": 1}\n' * 20],
)
def test_bytes_that_are_no_training_data_are_an_error(content: bytes, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(content)
    ended = run("check", str(path))
    assert (ended.code, ended.err) == (1, "")
    assert f"{path}" in ended.out
    assert ended.out.endswith("not usable as it is\n")


def test_gzip_data_is_read_as_what_it_is(good: Path, run: Run) -> None:
    packed = good.with_name("good.jsonl.gz")
    packed.write_bytes(gzip.compress(good.read_bytes()))
    assert run("check", str(packed)).code == 0


@pytest.mark.parametrize("arguments", [(), ("-",), ("x.jsonl", "--format", "pdf"), ("x.jsonl", "--nonsense")])
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...], run: Run) -> None:
    ended = run("check", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: openft check" in ended.err


def test_a_missing_package_is_one_line_with_what_to_install(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 64 + b"PAR1")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    ended = run("check", str(path))
    assert ended.code == 1
    assert "pip install 'openft[parquet]'" in ended.err


def test_it_runs_as_a_command_of_its_own(good: Path) -> None:
    assert run_apart("check", str(good)).out.endswith("nothing found: usable\n")


SMS = Path(__file__).parents[3] / "shared" / "data" / "sms-spam.tsv"


@pytest.mark.skipif(not SMS.exists(), reason="the real texts are not here")
def test_real_texts_without_a_header_are_understood(run: Run) -> None:
    ended = run("check", str(SMS))
    assert ended.code == 0
    assert "D015 chosen-columns: column '2' is taken for the prompt and '1' for the completion" in ended.out
    assert "… and 398 more of D101 duplicate-row" in ended.out
    assert "\n441 warnings, " in ended.out
    assert ended.out.endswith(" notes: usable\n")


def test_rows_that_the_model_does_not_learn_from_are_an_error_with_the_command_that_converts_them(
    good: Path, run: Run
) -> None:
    ended = run("check", str(good), "--model", "gpt-4.1-mini")
    assert ended.code == 1
    assert (
        "error: D022 wrong-for-model: gpt-4.1-mini learns from conversations, and these rows are prompt/" in ended.out
    )
    [line] = [line for line in ended.out.splitlines() if line.startswith("to convert it: ")]
    done = run(*shlex.split(line.partition(": openft ")[2]), "--yes", "--no-split")
    assert done.code == 0
    assert 'model="gpt-4.1-mini"' in done.out
    assert run("check", str(good.with_name("good_prepared.jsonl")), "--model", "gpt-4.1-mini").code == 0
