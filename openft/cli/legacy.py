"""The commands that the 2023 guide prints, as one table for argparse, with ``openft`` for ``openai``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import typer

from openft.cli.course import Choices, Course
from openft.cli.ends import FAILED, ending
from openft.cli.progress import ReadingBar
from openft.data.preparation import Preparation
from openft.data.training_file import Reading

Command: TypeAlias = Callable[[argparse.Namespace], None]


def prepare_data(arguments: argparse.Namespace) -> None:
    """Analyse a file, ask about each change, and write files that train."""
    print("Analyzing...")
    choices = Choices(yes=arguments.quiet, legacy=True)
    with ReadingBar() as bar:
        course = Course(Preparation(arguments.file, Reading(), watch=bar), choices, sys.stdout, bar)
        course.run()
    if not course.done:
        sys.exit(FAILED)


def _tools(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("fine_tunes.prepare_data", help="analyse, mend and split training data")
    command.add_argument("-f", "--file", required=True, type=Path, help="CSV, TSV, XLSX, JSON, JSONL, TXT or Parquet")
    command.add_argument("-q", "--quiet", action="store_true", help="ask nothing, and say yes to all")
    command.set_defaults(run=prepare_data)


GROUPS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"tools": _tools}
"""What follows ``openft``, and the commands behind it."""


@ending
def legacy(context: typer.Context) -> None:
    """Run a command of the 2023 guide, with its own options.

    \b
    Examples:
      openft tools fine_tunes.prepare_data -f train.csv
      openft tools fine_tunes.prepare_data -f train.csv -q
    """  # noqa: D301 - click wants the character
    group = context.info_name or ""
    parser = argparse.ArgumentParser(prog=f"openft {group}", allow_abbrev=False)
    GROUPS[group](parser)
    arguments = parser.parse_args(context.args)
    arguments.run(arguments)
