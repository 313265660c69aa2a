"""``openft check``: what is wrong with training files, one finding on a line."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from openft.cli.ends import FAILED, ending
from openft.cli.findings import Spool, document, refuse_target, write_report
from openft.cli.options import Completion, Delimiter, Encoding, Format, Header, Json, Model, Prompt, ReportFile, Sheet
from openft.cli.progress import ReadingBar
from openft.data import Finding, Report
from openft.data import check as check_files
from openft.data.checks.fitting import conversion
from openft.display import words


@ending
def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Training data; of several files the first is trained on.")
    ],
    format: Format = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    header: Header = None,
    delimiter: Delimiter = None,
    prompt: Prompt = None,
    completion: Completion = None,
    model: Model = None,
    report: ReportFile = None,
    as_json: Json = False,
) -> None:
    """Say what is wrong with training data, before anything is uploaded or paid for.

    One line each: FILE:LINE: error: ID NAME: what, which value, and what to do. Of each kind the first five are
    printed. An error will not train; a warning will train badly. Nothing is changed.

    \b
    Examples:
      openft check train.jsonl
      openft check train.jsonl valid.jsonl --report findings.html
      openft check reviews.tsv.gz --prompt document --completion label
    """  # noqa: D301 - click wants the character
    refuse_stdin(*files)
    if report is not None:
        refuse_target(report, *files)
    with Spool() as found, ReadingBar() as bar:
        result = check_files(
            *files,
            format=format.value if format else None,
            encoding=encoding,
            sheet=sheet,
            header=header,
            delimiter=delimiter,
            prompt=prompt,
            completion=completion,
            model=model,
            tell=(told := _Told(found if as_json or report else None)),
            watch=bar,
        )
        bar.pause()
        if report is not None:
            write_report(report, result, found)
        if as_json:
            sys.stdout.writelines(document(result, found))
        else:
            given = _given(
                header,
                format=format,
                encoding=encoding,
                sheet=sheet,
                delimiter=delimiter,
                prompt=prompt,
                completion=completion,
                model=model,
            )
            for line in _lines(result, told.fixable, given, model, more(report)):
                print(line)
    if not result.usable:
        sys.exit(FAILED)


class _Told:
    """Takes findings in: which fixes each file needs, and all of them where a spool is given."""

    def __init__(self, spool: Spool | None) -> None:
        self.fixable: dict[str | None, set[str]] = {}
        self._spool = spool

    def __call__(self, finding: Finding) -> None:
        if finding.fixable:
            self.fixable.setdefault(finding.file, set()).add(finding.id)
        if self._spool is not None:
            self._spool.add(finding)


def _lines(
    report: Report, fixable: Mapping[str | None, Collection[str]], given: list[str], model: str | None, rest: str
) -> Iterator[str]:
    yield from report.lines(rest)
    yield from report.about()
    yield from _mending(report, fixable, given, model)
    yield f"{report.summary()}: {'usable' if report.usable else 'not usable as it is'}"


def _given(header: bool | None, **options: str | None) -> list[str]:
    """Return the options that were given, as words of a command."""
    switch = [] if header is None else ["--header" if header else "--no-header"]
    return switch + [f"--{name}={value}" for name, value in options.items() if value is not None]


def _mending(
    report: Report, fixable: Mapping[str | None, Collection[str]], given: list[str], model: str | None
) -> Iterator[str]:
    """Yield for each file the command that mends or converts it, if there is something to mend."""
    for file in report.files:
        ids = [kind.id for kind in report.kinds if kind.id in fixable.get(file.file, ())]
        name = f"./{file.file}" if file.file.startswith("-") else file.file  # which is no option
        to = conversion(file.kind, model)
        convert = [f"--to={to}"] if to else []
        command = shlex.join(["openft", "prepare", name, *given, *convert])
        what = "to convert it" if to else f"to mend {', '.join(ids)}"
        if (ids or to) and command.isprintable():  # what a terminal would obey cannot be pasted
            yield f"{what}: {command}"


def refuse_stdin(*files: Path) -> None:
    """Raise BadParameter for ``-``: data is read more than once."""
    if Path("-") in files:
        raise typer.BadParameter("data is read more than once; write what comes on stdin to a file first")


def more(report: Path | None) -> str:
    """Return what to say behind the number of findings that are not shown."""
    return f"; all are in {words(str(report), 300)}" if report else "; --report FILE has all"
