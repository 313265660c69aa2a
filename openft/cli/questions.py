"""Questions on a terminal, each with yes as the answer that the return key gives."""

from __future__ import annotations

import sys
from typing import TextIO

from openft.errors import OpenFTError


class NoAnswerError(OpenFTError):
    """The input ended where an answer was wanted."""


def ask(question: str, out: TextIO) -> bool:
    """Return whether the answer is yes; what is neither yes nor no is asked again.

    Raises:
        NoAnswerError: the input has ended.
    """
    while True:
        print(f"{question} [Y/n] ", end="", file=out, flush=True)
        answer = sys.stdin.readline()
        if not answer:
            print(file=out)
            raise NoAnswerError("no answer, so nothing is written")
        match answer.strip().casefold():
            case "" | "y" | "yes":
                return True
            case "n" | "no":
                return False
            case _:
                print("please say yes or no", file=out)
