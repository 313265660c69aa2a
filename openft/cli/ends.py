"""How a command ends: one line about what went wrong, and the exit code that scripts go by."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import NoReturn, ParamSpec

from rich.console import Console
from rich.text import Text

from openft.errors import JobCancelled, JobFailed, OpenFTError

FAILED, JOB_FAILED, JOB_CANCELLED, INTERRUPTED = 1, 3, 4, 130
Parameters = ParamSpec("Parameters")


def ending(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Return the command such that our errors and Ctrl-C end the process in order instead of with a traceback."""

    @functools.wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except OpenFTError as error:
            _end_with(error)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)

    return run


def _end_with(error: OpenFTError) -> NoReturn:
    line = Text.assemble(("error:", "bold red"), f" {error}")
    Console(stderr=True, highlight=False, soft_wrap=True).print(line)
    codes = {JobFailed: JOB_FAILED, JobCancelled: JOB_CANCELLED}
    sys.exit(next((code for kind, code in codes.items() if isinstance(error, kind)), FAILED))
