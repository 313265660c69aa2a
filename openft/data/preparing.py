"""A file in whatever state as one that trains: looked at, mended, and written, or split in two."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from openft.data.batch import Batch, Batches
from openft.data.checks import rules
from openft.data.findings import Finding
from openft.data.fixes.fix import Fix
from openft.data.fixes.mend import Accept
from openft.data.preparation import Preparation, Written
from openft.data.reading.source import Format
from openft.data.report import FIRST, FileFacts, Report
from openft.data.rows import Kind, excerpt
from openft.data.targets import MOST, SHARE
from openft.data.training_file import Reading
from openft.errors import DataError

FIXES = {id: rule for id, rule in rules.RULES.items() if rule.fixable}
"""The rules that have a fix, by id."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of a file."""

    report: Report
    """What was found in the data as it was given, and what fixes have brought about."""
    made: tuple[Fix, ...]
    """The fixes, in the order in which they were made."""
    left: tuple[Fix, ...]
    """The fixes that could have been made and were not."""
    facts: FileFacts
    """What the data is with the fixes made."""
    labels: dict[str, int]
    """How often each class is there, the most frequent first; empty unless the task is classification."""
    files: tuple[Written, ...]
    """The training file, and the validation file if there is one; none where nothing was to be written."""


def prepare(
    path: str | Path,
    output: str | Path | None = None,
    *,
    format: Format | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
    prompt: str | None = None,
    completion: str | None = None,
    to: Kind | None = None,
    system: str | None = None,
    kind: Kind | None = None,
    model: str | None = None,
    accept: Accept | None = None,
    only: Collection[str] | str | None = None,
    skip: Collection[str] | str = (),
    split: bool | None = None,
    validation_share: float = SHARE,
    validation_most: int = MOST,
    seed: int = 1,
    dry_run: bool = False,
    first: int = FIRST,
    tell: Callable[[Finding], object] | None = None,
    watch: Callable[[Batch], object] | None = None,
) -> Prepared:
    r"""Check a file, mend what can be mended, and write it as JSON Lines beside it; the file itself stays as it is.

    ```python
    prepared = prepare("reviews.tsv", prompt="document", completion="label")
    for file in prepared.files:
        print(file.path, file.rows)
    ```

    Args:
        path: the file, in any format that ``open_rows`` reads.
        output: the file to write; with a split, ``_train`` and ``_valid`` go before its suffix. Left out, it is a name
            that is free: ``NAME_prepared.jsonl``, or ``NAME_prepared_train.jsonl`` and ``NAME_prepared_valid.jsonl``.
        format: what kind of text it is, whatever its name.
        encoding: of a text; recognised when left out.
        sheet: of a workbook; the first one that is not hidden when left out.
        header: whether the first row of a table names the columns; judged when left out and no columns are named.
        delimiter: what stands between the cells of a text, one character, or ``tab``; recognised when left out.
        prompt: the column with prompts, or a template such as ``"{title}\n\n{body}"``.
        completion: likewise.
        to: the format that the rows are converted to; see ``convert`` for the ways that there are.
        system: of a conversion to ``chat``, the message that each row begins with.
        kind: the training format; the one that the first rows are in when left out.
        model: what is to be trained, whose tokens are counted, whose limit holds, and whose price is told, as far as
            they are known; or the path of a ``tokenizer.json``.
        accept: is asked about each fix, with the data as it stands; by default all are made.
        only: ids of the fixes to make, no others; small letters (D308, D309) are made of capitals in no other way.
        skip: ids of the fixes not to make.
        split: whether to hold rows out for validation, by default where the task is classification. Rows with equal
            prompts are on one side.
        validation_share: of the rows, held out.
        validation_most: rows held out at most, about.
        seed: another one holds other rows out.
        dry_run: only say what would be done; nothing is written.
        first: findings of each kind that the report keeps; it counts all.
        tell: is given every finding of the data as it was given, and of what fixes have brought about.
        watch: is given each batch of rows as it is read, again whenever the file is read again; lines that are copied
            without being parsed make none.

    Raises:
        DataError: the file cannot be read, no row of it can be used, or the output cannot be written.
        MissingExtra: the format needs a package that is not installed.
    """
    reading = Reading(
        format=format,
        encoding=encoding,
        sheet=sheet,
        header=header,
        delimiter=delimiter,
        prompt=prompt,
        completion=completion,
        to=to,
        system=system,
    )
    preparation = Preparation(path, reading, first=first, tell=tell, watch=watch)
    preparation.mend(chosen(accept, only, skip), kind=kind, model=model)
    split = preparation.splits if split is None else split
    files: tuple[Written, ...] = ()
    if not dry_run and (preparation.needed or split or output is not None):
        targets = preparation.targets(output, split=split)
        files = preparation.write(targets, share=validation_share, most=validation_most, seed=seed)
    return Prepared(
        preparation.report, preparation.made, preparation.left, preparation.facts, preparation.labels, files
    )


def _ids(ids: Collection[str] | str) -> Collection[str]:
    """Return ids as they are written; a text has one, or several with commas between."""
    given = ids.split(",") if isinstance(ids, str) else ids
    return {id.strip().upper() for id in given if id.strip()}


def chosen(accept: Accept | None, only: Collection[str] | str | None, skip: Collection[str] | str) -> Accept:
    """Return what asks ``accept`` about the fixes with the ids that were chosen, and refuses all others.

    Raises:
        DataError: there is no fix with such an id.
    """
    only, skip = None if only is None else _ids(only), _ids(skip)
    for id in {*(only or ()), *skip} - FIXES.keys():
        raise DataError(f"no fix has the id {excerpt(id)!r}; there are {', '.join(FIXES)}")

    def ask(fix: Fix, data: Batches) -> bool:
        wanted = fix.id not in skip and (not fix.on_request if only is None else fix.id in only)
        return wanted and (accept is None or accept(fix, data))

    return ask
