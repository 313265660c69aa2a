"""How commands end."""

from __future__ import annotations

import warnings

import pytest

from openft import ShutdownWarning
from openft.cli.ends import ending
from openft.errors import DataError, JobCancelled, JobFailed, MissingExtra
from openft.types import FineTune

JOB = FineTune(id="ft-1")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError("it is empty", file="a.csv"), 1),
        (MissingExtra("this", "server"), 1),
        (JobFailed("fine-tune ft-1 failed", job=JOB), 3),
        (JobCancelled("fine-tune ft-1 was cancelled", job=JOB), 4),
    ],
)
def test_our_errors_are_one_line_and_an_exit_code(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    @ending
    def command() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        command()
    assert ended.value.code == code
    assert capsys.readouterr() == ("", f"error: {error}\n")


def test_long_lines_are_not_broken_and_brackets_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    @ending
    def command() -> None:
        raise DataError("[red]" + "x" * 200)

    with pytest.raises(SystemExit):
        command()
    assert capsys.readouterr().err == f"error: [red]{'x' * 200}\n"


def test_an_interrupted_command_ends_silently_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    @ending
    def command() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        command()
    assert ended.value.code == 130
    assert capsys.readouterr() == ("", "")


def test_a_command_that_works_is_left_alone() -> None:
    said: list[str] = []
    ending(said.append)("done")
    assert said == ["done"]


def test_a_model_that_stops_is_one_line_and_other_warnings_are_as_ever(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @ending
    def command() -> None:
        warnings.warn(ShutdownWarning("[red]curie stops"), stacklevel=1)
        warnings.warn("something else", stacklevel=1)

    others: list[str] = []
    monkeypatch.setattr(warnings, "showwarning", lambda message, *_: others.append(str(message)))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        mine = warnings.showwarning
        command()
        assert warnings.showwarning is mine
    assert capsys.readouterr() == ("", "warning: [red]curie stops\n")
    assert others == ["something else"]
