"""All commands of ``openft``, assembled."""

from __future__ import annotations

from typing import Annotated

import typer

from openft._version import __version__
from openft.cli.archive import archive
from openft.cli.capture import capture
from openft.cli.check import check
from openft.cli.legacy import GROUPS, legacy
from openft.cli.prepare import prepare
from openft.cli.quickstart import quickstart
from openft.cli.serve import serve

app: typer.Typer = typer.Typer(
    name="openft",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_OWN_OPTIONS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": list[str]()}
"""For commands that read their options themselves."""


def _version(asked: bool) -> None:
    if asked:
        print(f"openft {__version__}")
        raise typer.Exit


@app.callback()
def openft(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Fine-tune models through the job API, on any host or on this machine.

    \b
    Examples:
      openft quickstart
      openft prepare messages.csv
      openft serve --port 9000

    \b
    Exit codes: 0 done, 1 it failed (the message says why), 2 wrong usage, 3 the job failed,
    4 the job was cancelled, 130 interrupted.
    """  # noqa: D301 - click wants the character


app.command(short_help="The whole life cycle, with real training, on this machine.")(quickstart)
app.command(short_help="The API, with training and inference, on this machine.")(serve)
app.command(short_help="What is wrong with training data.")(check)
app.command(short_help="Mend training data and write files that train.")(prepare)
app.command(short_help="Keep the answers of a model that is switched off.")(capture)
app.command(short_help="Save an account's jobs, files and models to a folder.")(archive)
for _group in GROUPS:
    app.command(_group, short_help="Commands as the 2023 guide prints them.", context_settings=_OWN_OPTIONS)(legacy)
