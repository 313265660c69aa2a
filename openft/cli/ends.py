"""How a command ends: one line about what went wrong, and the exit code that scripts go by."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from typing import NoReturn, ParamSpec

from rich.console import Console
from rich.text import Text

from openft import ShutdownWarning
from openft.errors import JobCancelled, JobFailed, OpenFTError

FAILED, JOB_FAILED, JOB_CANCELLED, INTERRUPTED = 1, 3, 4, 130
Parameters = ParamSpec("Parameters")


def ending(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Return the command such that our errors and Ctrl-C end the process in order instead of with a traceback."""

    @functools.wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        before = warnings.showwarning
        warnings.showwarning = functools.partial(_warn, before)
        try:
            command(*args, **kwargs)
        except OpenFTError as error:
            _end_with(error)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        finally:
            warnings.showwarning = before

    return run


def _warn(others: Callable[..., None], message: Warning | str, *place: object) -> None:
    """Show our warnings as one line, without the place in the code, which is nobody's who types a command."""
    if not isinstance(message, ShutdownWarning):
        others(message, *place)
        return
    line = Text.assemble(("warning:", "bold yellow"), f" {message}")
    Console(stderr=True, highlight=False, soft_wrap=True).print(line)


def _end_with(error: OpenFTError) -> NoReturn:
    line = Text.assemble(("error:", "bold red"), f" {error}")
    Console(stderr=True, highlight=False, soft_wrap=True).print(line)
    codes = {JobFailed: JOB_FAILED, JobCancelled: JOB_CANCELLED}
    sys.exit(next((code for kind, code in codes.items() if isinstance(error, kind)), FAILED))
