"""``openft`` and ``python -m openft``."""

from __future__ import annotations

import io
import sys

from openft.errors import MissingExtra

NEEDED = frozenset({"typer", "rich"})
"""What the extra ``cli`` brings."""


def main() -> None:
    """Run the command that the command line names; always ends in SystemExit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console in cp949 or cp1252 must not end a command
    try:
        from openft.cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in NEEDED:
            raise
        print(f"error: {MissingExtra('the openft command', 'cli')}", file=sys.stderr)  # noqa: T201 - rich is missing
        sys.exit(1)
    app(prog_name="openft")


if __name__ == "__main__":
    main()
