"""Options that several commands on data have."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from openft.data.reading.source import FORMATS


class FormatName(enum.StrEnum):
    """The formats of files that are read."""

    csv = "csv"
    tsv = "tsv"
    xlsx = "xlsx"
    json = "json"
    jsonl = "jsonl"
    txt = "txt"
    parquet = "parquet"


class KindName(enum.StrEnum):
    """The formats that rows can be converted to."""

    prompt_completion = "prompt_completion"
    chat = "chat"
    preference = "preference"


assert tuple(FormatName) == FORMATS  # noqa: S101 - said twice, since a command line wants a class

Format: TypeAlias = Annotated[
    FormatName | None, typer.Option(help="What the file is, whatever its name; found out by default.")
]
Encoding: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Of a text, such as cp949; found out by default.")
]
Sheet: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Of a workbook; the first that is not hidden by default.")
]
Header: TypeAlias = Annotated[
    bool | None,
    typer.Option("--header/--no-header", help="Whether the first row of a table names the columns; judged by default."),
]
Delimiter: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="CHARACTER", help="What divides the cells of a text, or tab; found out by default."),
]
Prompt: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="The column with prompts, or a template such as '{title}: {body}'."),
]
Completion: TypeAlias = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="The column with completions, or a template.")
]
Model: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL", help="What is to be trained, for tokens, limit and cost; or the path of a tokenizer.json."
    ),
]
ReportFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Write all findings to a file: .json, .html, or lines of text."),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
