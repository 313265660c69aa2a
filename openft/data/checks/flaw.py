"""What is wrong at one place of a JSON row, before it is known which line that is."""

from __future__ import annotations

from typing import NamedTuple

from openft.data.checks.rules import Rule
from openft.data.findings import Finding


class Flaw(NamedTuple):
    """One thing that is wrong with a row."""

    rule: Rule
    path: str
    """Where it is, such as ``messages[0].content``."""
    message: str
    text: str | None = None
    """Of which an excerpt is shown."""
    fixable: bool | None = None
    """Whether this one can be fixed, None for what the rule says."""

    def finding(self, file: str, line: int) -> Finding:
        """Return it as a finding."""
        return self.rule.finding(
            self.message, file=file, line=line, column=self.path, text=self.text, fixable=self.fixable
        )
