"""``openft quickstart``: the whole life cycle on this machine."""

from __future__ import annotations

import dataclasses
import enum
import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import openft
from openft.cli.ends import ending
from openft.cli.story import Story
from openft.quickstart import QuickstartResult, run


class SampleName(enum.StrEnum):
    """The tables that come with openft."""

    support = "support"
    dates = "dates"


@ending
def quickstart(
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A table of two columns: .csv, .tsv or .jsonl, also as .gz.")
    ] = None,
    sample: Annotated[
        SampleName, typer.Option(help="Without --data: support messages to queues, or dates to ISO 8601.")
    ] = SampleName.support,
    seed: Annotated[int, typer.Option(help="Which rows are held out.")] = 1,
    prompt_column: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="What the model is shown: a column's name or its number from 1."),
    ] = None,
    completion_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="What it should answer, likewise.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Check, upload, train, follow, evaluate, use and delete, with weights that really learn.

    It all happens on this machine, in about a minute: a temporary server is started and is gone afterwards. Four fifths
    of the rows are trained on, and the model is measured on the rest.

    \b
    Examples:
      openft quickstart
      openft quickstart --sample dates --seed 2
      openft quickstart --data reviews.tsv --prompt-column document --completion-column label
    """  # noqa: D301 - click wants the character
    console = Console(file=sys.stderr if as_json else sys.stdout, highlight=False, soft_wrap=True)
    console.quiet = as_json and not console.is_terminal
    try:
        with openft.Client.local(temporary=True) as client, Story(console) as story:
            result = run(
                client,
                report=story,
                data=data,
                sample=sample.value,
                seed=seed,
                prompt_column=prompt_column,
                completion_column=completion_column,
            )
    except KeyboardInterrupt:  # the temporary server and its data are gone by now
        print("interrupted; nothing stays behind", file=sys.stderr)
        raise
    show(result, console, as_json=as_json)


def show(result: QuickstartResult, console: Console, *, as_json: bool) -> None:
    """Print how it ended: as a document on stdout, or as the story's last line."""
    if as_json:
        print(json.dumps(dataclasses.asdict(result), indent=2))
    else:
        console.print(f"done in {result.seconds:.0f} s")
