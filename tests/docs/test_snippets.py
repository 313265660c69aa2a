"""Every Python snippet of the README and the docs is run, page by page, as a reader would."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILMS = [("great", " positive"), ("awful", " negative"), ("superb", " positive"), ("dull", " negative")] * 10


def snippets(page: Path, language: str) -> list[str]:
    """Return the page's code of one language, in order."""
    return [code for kind, code in FENCE.findall(page.read_text("utf-8")) if kind == language]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.train
@pytest.mark.parametrize("page", [page for page in PAGES if snippets(page, "python")], ids=name)
def test_the_python_of_a_page_runs_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    rows = [{"prompt": f"{word} film ->", "completion": label} for word, label in FILMS]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code = "\n".join(snippets(page, "python"))
    env = {**os.environ, "OPENFT_DATA_DIR": str(tmp_path / "data"), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_links_only_to_what_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", [page for page in PAGES if snippets(page, "sh")], ids=name)
def test_a_page_names_only_commands_that_are_there(page: Path) -> None:
    lines = [line.split("#")[0].strip() for code in snippets(page, "sh") for line in code.splitlines()]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for line in filter(None, lines):
        words = line.split()
        if words[0] == "make":
            assert words[1] in targets, line
        if words[0] == "openft":
            done = subprocess.run(
                [sys.executable, "-m", "openft", words[1], "--help"], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, line
            assert all(word in done.stdout for word in words if word.startswith("--")), line
