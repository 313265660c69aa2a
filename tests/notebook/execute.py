"""Run a notebook with nbclient, in its environment: ``execute.py NOTEBOOK RESULT``; some cells are interrupted."""

from __future__ import annotations

import sys
from typing import Any

import nbformat
from nbclient import NotebookClient


def until(cell: Any) -> float:
    """Return the seconds after which a cell is interrupted, as the stop button of a notebook does it."""
    return float(cell.metadata.get("interrupt_after", 120))


if __name__ == "__main__":
    notebook = nbformat.read(sys.argv[1], as_version=4)
    client = NotebookClient(notebook, timeout_func=until, interrupt_on_timeout=True, kernel_name="python3")
    try:
        client.execute()
    finally:
        nbformat.write(notebook, sys.argv[2])
