"""Checks of whole files: what is wrong with each, and what the later ones share with the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from openft.data.batch import Batch, Batches
from openft.data.checks import rules
from openft.data.checks.examine import examine
from openft.data.checks.examined import Examined
from openft.data.checks.fitting import fitting
from openft.data.checks.leakage import leakage
from openft.data.costs import cost, duration, limit_of
from openft.data.findings import Finding
from openft.data.reading.source import Format
from openft.data.report import FIRST, FileFacts, Report
from openft.data.rows import Kind
from openft.data.tally import totals
from openft.data.tokens import Tokens, counter
from openft.data.training_file import Reading, TrainingFile
from openft.errors import DataError

_OF_TRAINING = {
    rule.id
    for rule in (
        rules.TOO_FEW_ROWS,
        rules.FEW_ROWS,
        rules.EQUAL_PROMPTS,
        rules.EQUAL_COMPLETIONS,
        rules.SMALL_CLASS,
    )
}
"""The rules that only what is trained on has to keep."""


def check(
    *paths: str | Path,
    format: Format | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
    prompt: str | None = None,
    completion: str | None = None,
    kind: Kind | None = None,
    model: str | None = None,
    first: int = FIRST,
    tell: Callable[[Finding], object] | None = None,
    watch: Callable[[Batch], object] | None = None,
) -> Report:
    r"""Return what is wrong with training files; nothing that is wrong with one is raised.

    ```python
    report = check("train.jsonl", "valid.jsonl")
    if not report.usable:
        print(report.text())
    ```

    Args:
        paths: files in any format that ``open_rows`` reads. Of several, the first is for training, and the others are
            also looked through for what it has too.
        format: what kind of text they are, whatever their names.
        encoding: of a text; recognised when left out.
        sheet: of a workbook; the first one that is not hidden when left out.
        header: whether the first row of a table names the columns; judged when left out and no columns are named.
        delimiter: what stands between the cells of a text, one character, or ``tab``; recognised when left out.
        prompt: the column with prompts, or a template such as ``"{title}\n\n{body}"``.
        completion: likewise.
        kind: the training format; the one that the first rows are in when left out.
        model: what is to be trained, whose tokens are counted, whose limit holds, and whose price is told, as far as
            they are known; or the path of a ``tokenizer.json``.
        first: findings of each kind that the report keeps; it counts all.
        tell: is given every finding as it is found.
        watch: is given each batch of rows as it is read, again whenever the file is read again.

    Raises:
        MissingExtra: a format needs a package that is not installed.
        DataError: ``model`` is a path, and there is no tokenizer.
    """
    reading = Reading(
        format=format,
        encoding=encoding,
        sheet=sheet,
        header=header,
        delimiter=delimiter,
        prompt=prompt,
        completion=completion,
    )
    report = Report(first=first)
    training: TrainingFile | None = None

    def note(finding: Finding) -> None:
        if training is not None and finding.id in _OF_TRAINING:
            return
        named = finding if finding.file is not None else replace(finding, file=str(path))
        report.add(named)
        if tell is not None:
            tell(named)

    tokens, limit = counting(model)
    path: str | Path
    for path in paths:
        try:
            file = TrainingFile(path, reading, note, watch)
            found = examine(file, note, kind=kind, limit=limit, count=tokens)
            about = facts(file, found)
            if training is None:
                training, kind = file, found.kind
                for finding in fitting(found.kind, model, about.file) if found.rows else ():
                    note(finding)
                about = priced(about, file, model, tokens)
            else:
                for finding in leakage(training, file, found.kind):
                    note(finding)
            report.files.append(about)
        except DataError as error:
            note(rules.UNREADABLE_FILE.finding(error.reason, file=error.file or str(path), line=error.line))
    return report


def counting(model: str | None) -> tuple[Tokens | None, int | None]:
    """Return what counts a model's tokens, and how many an example may have; None where nothing is known.

    Raises:
        MissingExtra: a path is given, and the package that reads it is not installed.
        DataError: there is no tokenizer at the path.
    """
    return (None, None) if model is None else (counter(model), limit_of(model))


def priced(facts: FileFacts, data: Batches, model: str | None, tokens: Tokens | None) -> FileFacts:
    """Return facts with how much there is to train on, and what it costs or how long it takes."""
    if model is None:
        return facts
    found = totals(data(), tokens, limit=limit_of(model))
    charge, time = cost(found, model), duration(found, model)
    return replace(
        facts,
        totals=found,
        cost=None if charge.amount is None else charge,
        duration=None if time.seconds is None else time,
    )


def facts(file: TrainingFile, found: Examined) -> FileFacts:
    """Return what a file was found to be."""
    return FileFacts(
        file=file.source.file,
        format=file.source.format,
        encoding=file.source.encoding,
        rows=found.rows,
        kind=found.kind,
        task=found.task.type.value,
        classes=len(found.task.labels),
        separator=found.separator,
        stop=found.stop,
    )
