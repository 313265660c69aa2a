"""The table of findings on the page about data, in every language that it is in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openft.data import RULES

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").rglob("data.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_page_has_every_finding_there_is(page: Path) -> None:
    rows = re.findall(r"^\| (D\d+) \| ([a-z-]+) \| (\w+) \| (yes|) ?\|$", page.read_text("utf-8"), re.MULTILINE)
    rules = sorted(RULES.values(), key=lambda rule: rule.id)
    assert rows == [(rule.id, rule.name, rule.severity.value, "yes" if rule.fixable else "") for rule in rules]
