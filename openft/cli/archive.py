"""``openft archive``: an account's jobs, files and models in a folder, before they are switched off."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import openft
from openft.cli.ends import FAILED, ending
from openft.cli.options import Json
from openft.cli.saving import SavingBar
from openft.errors import APIConnectionError, RateLimitError

if TYPE_CHECKING:
    from openft.archive.report import Report


@ending
def archive(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or one saved from this account before.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what there is; write nothing.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare every file with the manifest; needs no host and no key.")
    ] = False,
    concurrency: Annotated[
        int, typer.Option(metavar="N", min=1, help="Requests at a time; fewer where the host refuses so many.")
    ] = 8,
    attempts: Annotated[
        int, typer.Option(metavar="N", min=1, help="How often a request is sent before it counts as failed.")
    ] = 8,
    as_json: Json = False,
) -> None:
    """Save all that an account has of fine-tuning, before it is switched off.

    Jobs with events and checkpoints, on both APIs; training, validation and result files; models and when they stop.
    Killed or interrupted, the next run goes on; later runs fetch what is new. No key is written.

    Which account, and where, is in the environment: OPENAI_API_KEY, or OPENFT_BASE_URL and OPENFT_API_KEY.

    \b
    Examples:
      openft archive my-account --dry-run
      openft archive my-account
      openft archive my-account --verify

    \b
    Exit codes: 0 all is saved, or gone or forbidden for good; 1 something failed that another run may save, a
    file is damaged, or the run that --verify looks at has not come to its end; 130 interrupted.
    """  # noqa: D301 - click wants the character
    if folder == Path():  # so typer reads an unset shell variable
        raise typer.BadParameter("name a folder for the archive", param_hint="DIR")
    if verify and dry_run:
        raise typer.BadParameter("it is either --verify or --dry-run", param_hint="--verify")
    report = openft.archive.verify(folder) if verify else _save(folder, dry_run, concurrency, attempts)
    print(report.to_json() if as_json else report.text())
    if not report.ok:
        sys.exit(FAILED)


def _save(folder: Path, dry_run: bool, concurrency: int, attempts: int) -> Report:
    try:
        with openft.Client() as client, SavingBar() as bar:
            return openft.archive.save(
                client, folder, dry_run=dry_run, concurrency=concurrency, attempts=attempts, on_progress=bar
            )
    except (KeyboardInterrupt, APIConnectionError, RateLimitError) as end:
        if not dry_run:
            how = "interrupted" if isinstance(end, KeyboardInterrupt) else "the host is lost"
            if isinstance(end, RateLimitError):
                how = f"the host wants no request for {end.retry_after:,.0f} seconds"
            kept = "what is saved stays, and the next run goes on" if _is_begun(folder) else "nothing was saved yet"
            print(f"{how}; {kept}", file=sys.stderr)
        raise


def _is_begun(folder: Path) -> bool:
    from openft.archive.manifest import NAME

    return (folder / NAME).exists()
