"""How the quickstart's notes look, on a terminal and in a pipe."""

from __future__ import annotations

import io
import re

from rich.console import Console

from openft.cli.story import Story
from openft.quickstart import Moved, Note, Said

NOTES: list[Note] = [
    Said("data", "table.csv: 8 rows to train on, 2 held out"),
    Said("upload", "file-1, 9 bytes"),
    Said("fine-tune", "[created]"),
    Moved("fine-tune", 1, 4, "Completed epoch 1/4"),
    Moved("evaluate", 2, 2, "held-out rows"),
    Said("evaluate", "accuracy 1.000"),
]


def shown(*, terminal: bool, encoding: str = "utf-8") -> str:
    """Return what the notes look like."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    with Story(Console(file=file, force_terminal=terminal, width=80, highlight=False)) as story:
        for note in NOTES:
            story(note)
    file.flush()
    return raw.getvalue().decode(encoding)


def test_in_a_pipe_there_are_plain_lines_with_the_epochs() -> None:
    assert shown(terminal=False) == (
        "data       table.csv: 8 rows to train on, 2 held out\n"
        "upload     file-1, 9 bytes\n"
        "fine-tune  [created]\n"
        "           Completed epoch 1/4\n"
        "evaluate   accuracy 1.000\n"
    )


def test_on_a_terminal_progress_is_a_bar_that_goes_away() -> None:
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown(terminal=True))
    assert "Completed epoch" not in plain
    assert "evaluate" in plain
    assert "2/2" in plain
    assert shown(terminal=True).endswith("\x1b[2K")


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert shown(terminal=True, encoding="cp1252").isascii()
