"""The command as a whole: help, version, usage, and a console or packages that fall short."""

from __future__ import annotations

import io
import runpy
import sys

import pytest

from cli.running import Run, run_apart
from openft import __main__ as command
from openft import __version__
from openft.__main__ import main


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version") == (0, f"openft {__version__}\n", "")


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_the_commands_and_the_exit_codes(run: Run, flag: str) -> None:
    ended = run(flag)
    assert ended.code == 0
    assert "\n    openft quickstart\n" in ended.out
    assert "130 interrupted" in ended.out


@pytest.mark.parametrize("command", ["quickstart", "serve", "check", "prepare"])
def test_each_command_has_help_with_examples(run: Run, command: str) -> None:
    ended = run(command, "--help")
    assert ended.code == 0
    assert f"Examples:\n    openft {command}" in ended.out


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("quickstart", "--nonsense"), ("quickstart", "--sample", "x"), ("quickstart", "extra")]
)
def test_wrong_usage_ends_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: openft" in ended.err


def test_without_its_packages_the_command_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "openft.cli.app", raising=False)
    monkeypatch.setitem(sys.modules, "typer", None)
    expected = "error: the openft command needs more packages; install them with: pip install 'openft[cli]'\n"
    assert run("--version") == (1, "", expected)


def test_a_module_that_is_missing_for_another_reason_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "openft.cli.app", raising=False)
    monkeypatch.setitem(sys.modules, "openft.cli.serve", None)
    with pytest.raises(ModuleNotFoundError):
        main()


def test_streams_that_cannot_be_changed_are_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert run("--version").code == 0
    assert out.getvalue() == f"openft {__version__}\n"


@pytest.mark.parametrize("encoding", ["cp949", "cp1252", "ascii"])
def test_a_console_without_unicode_does_not_end_a_command(encoding: str) -> None:
    ended = run_apart("quickstart", "--data", "naïve 한글 \U0001f600.csv", PYTHONIOENCODING=encoding)
    assert ended.code == 1
    assert ended.err.startswith("error: na")
    assert "cannot be read: no such file or directory" in ended.err


def test_the_package_runs_as_a_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["openft", "--version"])
    with pytest.raises(SystemExit):
        runpy.run_path(str(command.__file__), run_name="__main__")
    assert capsys.readouterr().out == f"openft {__version__}\n"
