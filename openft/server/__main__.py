"""`python -m openft.server`: the embedded server, as a child of who needs it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from openft.server.serve import serve
from openft.server.settings import ServeError, Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until standard input ends; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m openft.server", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--host", default=Settings.host)
    parser.add_argument("--port", type=int, default=Settings.port, help="0 takes any free one")
    parser.add_argument("--load-wait", type=float, default=Settings.load_wait, metavar="SECONDS")
    parser.add_argument("--grace-seconds", type=float, default=Settings.grace_seconds, metavar="SECONDS")
    given = parser.parse_args(arguments)
    settings = Settings(
        **vars(given),
        api_keys=_keys("OPENFT_SERVER_API_KEYS"),
        member_keys=_keys("OPENFT_SERVER_MEMBER_KEYS"),
    )
    try:
        serve(settings, watch_stdin=True, announce=_announce)
    except ServeError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - a command
        return 1
    return 0


def _keys(variable: str) -> tuple[str, ...]:
    return tuple(key for part in os.environ.get(variable, "").split(",") if (key := part.strip()))


def _announce(url: str) -> None:
    print(json.dumps({"url": url}), flush=True)  # noqa: T201 - what the parent waits for


if __name__ == "__main__":
    sys.exit(main())
