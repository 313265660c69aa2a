"""``openft prepare``: a file in whatever state to one that trains, each change shown before it is made."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from openft.cli.check import more, refuse_stdin
from openft.cli.course import Choices, Course
from openft.cli.ends import FAILED, ending
from openft.cli.findings import Spool, document, refuse_target, refuse_written, write_report
from openft.cli.options import (
    Completion,
    Delimiter,
    Encoding,
    Format,
    Header,
    Json,
    KindName,
    Model,
    Prompt,
    ReportFile,
    Sheet,
)
from openft.cli.progress import ReadingBar
from openft.data.preparation import Preparation
from openft.data.preparing import FIXES
from openft.data.training_file import Reading

_IDS = "ids such as D101,D307"


@ending
def prepare(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The data; it stays as it is.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="OUT", help="What to write.  [default: FILE_prepared.jsonl beside FILE]"
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Make all fixes and write, without questions.")] = False,
    only: Annotated[str | None, typer.Option(metavar="IDS", help=f"Make these fixes, no others: {_IDS}.")] = None,
    skip: Annotated[str | None, typer.Option(metavar="IDS", help="Do not make these fixes.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and write nothing.")] = False,
    split: Annotated[
        bool | None,
        typer.Option("--split/--no-split", help="Hold rows out for validation.  [default: where there are classes]"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Which rows are held out.")] = 1,
    format: Format = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    header: Header = None,
    delimiter: Delimiter = None,
    prompt: Prompt = None,
    completion: Completion = None,
    model: Model = None,
    to: Annotated[KindName | None, typer.Option(help="Convert the rows to this format.")] = None,
    system: Annotated[
        str | None, typer.Option(metavar="TEXT", help="With --to chat, the message that each row begins with.")
    ] = None,
    report: ReportFile = None,
    as_json: Json = False,
) -> None:
    """Check training data, mend it, and write a file that trains, or one for training and one for validation.

    On a terminal each fix is shown on real rows and asked about. Elsewhere nothing is asked, and nothing is written
    without --yes.

    \b
    Examples:
      openft prepare messages.csv
      openft prepare reviews.tsv.gz --prompt document --completion label --yes
      openft prepare data.jsonl --dry-run --skip D101,D308
    """  # noqa: D301 - click wants the character
    refuse_stdin(file)
    if report is not None:
        refuse_target(report, file)
    reading = Reading(
        format=format.value if format else None,
        encoding=encoding,
        sheet=sheet,
        header=header,
        delimiter=delimiter,
        prompt=prompt,
        completion=completion,
        to=to.value if to else None,
        system=system,
    )
    choices = Choices(
        output=output,
        only=_ids(only),
        skip=_ids(skip) or (),
        split=split,
        seed=seed,
        model=model,
        system=system if to is KindName.chat else None,
        dry_run=dry_run,
        yes=yes,
    )
    with Spool() as found, ReadingBar() as bar:
        preparation = Preparation(file, reading, tell=found.add if as_json or report else None, watch=bar)
        if report is not None:
            refuse_written(
                report, (*preparation.targets(output, split=False), *preparation.targets(output, split=True))
            )
        course = Course(preparation, choices, sys.stderr if as_json else sys.stdout, bar, more(report))
        course.run()
        if report is not None:
            write_report(report, preparation.report, found, course.to_dict())
        if as_json:
            sys.stdout.writelines(document(preparation.report, found, course.to_dict()))
    if not course.done:
        sys.exit(FAILED)


def _ids(text: str | None) -> tuple[str, ...] | None:
    """Return the ids in an option."""
    if text is None:
        return None
    ids = tuple(id.strip().upper() for id in text.split(",") if id.strip())
    if unknown := [id for id in ids if id not in FIXES]:
        known = ", ".join(f"{rule.id} {rule.name}" for rule in FIXES.values())
        raise typer.BadParameter(f"no fix has the id {unknown[0]!r}; there are {known}")
    return ids
