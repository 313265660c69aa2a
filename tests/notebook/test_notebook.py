"""A notebook in Jupyter's kernel: the base install only, waiting that is interrupted, and what is displayed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-notebook" / "bin" / "python"
INTERRUPTED = {"CancelledError", "KeyboardInterrupt"}
"""ipykernel ends a cell that awaits with the one, a plain cell with the other."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The notebook's cells with their outputs; the kernel has the base install, the server this environment."""
    assert PYTHON.exists(), "notebooks run in an environment of their own; run: make .venv-notebook/ready"
    folder = tmp_path_factory.mktemp("notebook")
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "OPENFT_DATA_DIR": str(folder / "data"),
        "OPENFT_SERVER_PYTHON": sys.executable,
    }
    command = [PYTHON, HERE / "execute.py", HERE / "job.ipynb", folder / "result.ipynb"]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (folder / "data" / "server.json").exists(), "the server ended with its client"
    found: list[dict[str, Any]] = json.loads((folder / "result.ipynb").read_text())["cells"]
    return found


def output(cell: dict[str, Any]) -> dict[str, Any]:
    """Return the only output of a cell."""
    [only] = cell["outputs"]
    found: dict[str, Any] = only
    return found


def shown(cell: dict[str, Any], kind: str) -> str:
    return "".join(output(cell)["data"][kind])


def test_the_kernel_has_the_base_install_only(cells: list[dict[str, Any]]) -> None:
    assert shown(cells[0], "text/plain") == "True"


def test_a_list_that_was_awaited_is_a_table(cells: list[dict[str, Any]]) -> None:
    assert "<td" in shown(cells[1], "text/html")
    assert ">ada<" in shown(cells[1], "text/html")
    assert shown(cells[1], "text/plain") == "<AsyncPager of /models, 4 items on the first page>"


def test_a_job_is_a_table_and_a_line(cells: list[dict[str, Any]]) -> None:
    assert ">pending<" in shown(cells[2], "text/html")
    assert shown(cells[2], "text/plain").startswith("FineTune(id='ft-")


@pytest.mark.parametrize("number", [3, 5], ids=["awaited", "plain"])
def test_an_interruption_ends_the_waiting(number: int, cells: list[dict[str, Any]]) -> None:
    assert output(cells[number])["output_type"] == "error"
    assert output(cells[number])["ename"] in INTERRUPTED


def test_a_plain_client_works_while_a_loop_runs(cells: list[dict[str, Any]]) -> None:
    assert shown(cells[4], "text/plain") == "False"


def test_the_interrupted_job_is_waited_for_again_and_succeeds(cells: list[dict[str, Any]]) -> None:
    assert ">succeeded<" in shown(cells[6], "text/html")
    assert shown(cells[6], "text/plain").startswith("SucceededFineTune(")


def test_results_are_a_table(cells: list[dict[str, Any]]) -> None:
    assert "the last 20 of " in shown(cells[7], "text/html")
    assert shown(cells[7], "text/plain").startswith("<Results of file-")


def test_the_model_answers(cells: list[dict[str, Any]]) -> None:
    assert shown(cells[8], "text/plain") == "' yes'"
    assert cells[9]["outputs"] == []
