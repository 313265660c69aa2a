"""All checks of the format that the data is in, over one source, and the fixes that mend what they find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from openft.data.batch import Batches
from openft.data.checks.detect import detect
from openft.data.checks.examined import Checks, Examined
from openft.data.checks.length import LIMIT, Length
from openft.data.checks.pairs import PairChecks
from openft.data.findings import Finding
from openft.data.reading.source import Source
from openft.data.rows import Kind
from openft.data.tokens import CountTokens

if TYPE_CHECKING:
    from openft.data.checks.conversations import ConversationChecks


def examine(
    source: Batches,
    tell: Callable[[Finding], object],
    *,
    kind: Kind | None = None,
    limit: int | None = None,
    count: CountTokens | None = None,
) -> Examined:
    """Run all checks over data, which is read once, and again where something is to be confirmed.

    Args:
        source: the data.
        tell: is called with each finding.
        kind: the format; by default the one that the first rows are in, for which they are read once more.
        limit: tokens that an example may have; the format's own limit when left out.
        count: counts the tokens of a text; None for an estimate.
    """
    kind = kind or detect(source()) or "prompt_completion"
    checks = checks_of(kind, limit, count)
    data = source()
    name = data.file if isinstance(data, Source) else None  # without rows, nothing else tells it
    for batch in data:
        for finding in checks.feed(batch):
            tell(finding)
    for finding in checks.end(source):
        tell(finding if finding.file else replace(finding, file=name))
    return checks.examined()


def checks_of(kind: Kind, limit: int | None, count: CountTokens | None) -> Checks:
    """Return all checks of a format, which have seen nothing yet."""
    if kind == "prompt_completion":
        return PairChecks(Length(LIMIT if limit is None else limit, count))
    from openft.data.checks.spoken import SPOKEN_LIMIT, SpokenLength

    return _spoken(kind)(SpokenLength(kind, SPOKEN_LIMIT if limit is None else limit, count))


def _spoken(kind: Kind) -> type[ConversationChecks]:
    """Return the checks of a format of conversations, each loaded for those who use it."""
    if kind == "preference":
        from openft.data.checks.preference import PreferenceChecks

        return PreferenceChecks
    if kind == "reinforcement":
        from openft.data.checks.reinforcement import ReinforcementChecks

        return ReinforcementChecks
    from openft.data.checks.chat import ChatChecks

    return ChatChecks
