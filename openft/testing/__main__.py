"""``python -m openft.testing``: the API on a port of this machine, for programs in other processes.

Prints one JSON line with its address, and ends with its standard input. Each line there may be a JSON object with one
name and its arguments, as ``{"advance": {"hours": 3}}`` or ``{"fail_next": {"fault": {"Slow": {"seconds": 3}}}}``. It
is answered with a line that counts jobs by their status.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import TextIO

from openft.testing.api import FakeAPI
from openft.testing.faults import Cut, Dropped, Lost, Refused, Slow, Status

SAYINGS = (
    *("add_jobs", "advance", "advance_to_end", "change", "end", "every_job", "fail_next", "files_take", "next_job"),
)
FAULTS = {fault.__name__: fault for fault in (Cut, Dropped, Lost, Refused, Slow, Status)}


def main(arguments: Sequence[str] | None = None, told: Iterable[str] = sys.stdin, out: TextIO = sys.stdout) -> int:
    """Serve until ``told`` ends; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m openft.testing", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--speed", type=float, default=0.0, help="seconds that pass in each second of the world's")
    parser.add_argument("--step", type=float, default=0.0, help="seconds that pass with each look at a job")
    parser.add_argument("--takes", type=float, metavar="SECONDS", help="how long every job takes")
    parser.add_argument("--old-jobs", type=int, default=0, metavar="COUNT", help="jobs that ended a month ago")
    parser.add_argument("--ignores-keys", action="store_true", help="play a host without idempotency keys")
    given = parser.parse_args(arguments)
    api = FakeAPI(speed=given.speed, step=given.step, keeps_keys=not given.ignores_keys)
    api.forget_requests()
    api.add_jobs(given.old_jobs, seconds=600)
    if given.takes is not None:
        api.every_job(seconds=given.takes)
    with ExitStack() as stack:
        try:
            url = stack.enter_context(api.port(given.port))
        except OSError as problem:
            sys.stderr.write(f"error: {problem}\n")
            return 1
        _say(out, {"url": url})
        for line in told:
            _say(out, _obey(api, line))
    return 0


def _obey(api: FakeAPI, line: str) -> dict[str, object]:
    """Do what a line says, and return what there is then."""
    try:
        ((name, arguments),) = json.loads(line).items()
        if name not in SAYINGS:
            return {"error": f"{name} is none of {', '.join(SAYINGS)}"}
        if name == "fail_next":
            ((fault, given),) = arguments["fault"].items()
            arguments["fault"] = FAULTS[fault](**given)
        getattr(api, name)(**arguments)
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        return {"error": f"{line.strip()} cannot be done: {problem}"}
    return {"now": api.now, "jobs": Counter(job.status for job in api.jobs)}


def _say(out: TextIO, content: object) -> None:
    out.write(json.dumps(content) + "\n")
    out.flush()


if __name__ == "__main__":
    sys.exit(main())
