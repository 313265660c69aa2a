"""Asks a host, once for each model, whether it is about to stop, and warns; never fails."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from openft._core.request import Request, path
from openft.errors import OpenFTError

if TYPE_CHECKING:
    from datetime import date

    from openft._async.transport import AsyncTransport

LIMIT = 5.0
"""Seconds that the question may take."""
MOST = 64
"""Models that one client asks for; whoever has more of them has other lists."""


async def foretell(transport: AsyncTransport, model: str, limit: float = LIMIT) -> None:
    """Warn once in a process if the base of a model is about to stop; a server on this machine is not asked.

    Args:
        transport: what asks.
        model: a base or a fine-tuned model.
        limit: seconds that there are, at most five are used.
    """
    ends, url, seen = transport.settings.ends, transport.settings.base_url, transport.foretold
    if not model or limit <= 0 or not ends.asks(url):
        return
    from openft._core.shutdown import announced, base_of, tell, warning

    base = base_of(model)
    if base in seen or len(seen) >= MOST or (url, base) in ends.told:
        return
    seen.add(base)
    end = await _told(transport, base, min(limit, LIMIT)) or announced(url, base)
    found = end and warning(base, end, datetime.fromtimestamp(transport.settings.clock.wall(), UTC).date())
    if found and (url, base) not in ends.told:
        ends.told.add((url, base))
        tell(found)


async def _told(transport: AsyncTransport, base: str, limit: float) -> date | None:
    """Return what the host's entry of a model says."""
    from openft._core.shutdown import day
    from openft.types import Model

    try:
        entry = await transport.send(Request("GET", path("models", base), Model), {"timeout": limit, "max_retries": 0})
    except OpenFTError:  # it has no such entry, or is away: that is told elsewhere
        return None
    return day(entry.shutdown_date)
