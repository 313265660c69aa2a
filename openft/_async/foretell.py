"""Asks a host, once for each model, whether it is about to stop, and warns; never fails."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from openft._core.request import Request, path
from openft.errors import OpenFTError

if TYPE_CHECKING:
    from datetime import date

    from openft._async.transport import AsyncTransport

LIMIT = 2.0
"""Seconds that the question may take."""
MOST = 64
"""Models that one client asks for; whoever has more of them has other lists."""


def untold(transport: AsyncTransport, model: object) -> str:
    """Return the base of a model if it is still to be asked for, else nothing; a server on this machine is not asked.

    Args:
        transport: what would ask.
        model: a base or a fine-tuned model, or whatever a caller takes for one.
    """
    ends, url, seen = transport.settings.ends, transport.settings.base_url, transport.foretold
    if not model or not isinstance(model, str) or not ends.asks(url):
        return ""
    from openft._core.shutdown import base_of

    base = base_of(model)
    return "" if base in seen or len(seen) >= MOST or (url, base) in ends.told else base


async def foretell(transport: AsyncTransport, model: object, limit: float) -> None:
    """Warn once in a process if the base of a model is about to stop.

    Args:
        transport: what asks.
        model: a base or a fine-tuned model.
        limit: seconds that there are, at most two are used.
    """
    base = untold(transport, model)
    if not base or limit <= 0:
        return
    from openft._core.shutdown import announced, tell, warning

    ends, url = transport.settings.ends, transport.settings.base_url
    transport.foretold.add(base)
    end = await _told(transport, base, min(limit, LIMIT)) or announced(url, base)
    found = end and warning(base, end, datetime.fromtimestamp(transport.settings.clock.wall(), UTC).date())
    if found and (url, base) not in ends.told:
        ends.told.add((url, base))
        tell(found)


def told_too(transport: AsyncTransport, model: object, other: str) -> None:
    """Take what somebody was warned of as told under the name, too, by which a job calls the same model."""
    from openft._core.shutdown import base_of

    ends, url = transport.settings.ends, transport.settings.base_url
    if isinstance(model, str) and (url, base_of(model)) in ends.told:
        ends.told.add((url, base_of(other)))


async def _told(transport: AsyncTransport, base: str, limit: float) -> date | None:
    """Return what the host's entry of a model says."""
    from openft._core.shutdown import day
    from openft.types import Model

    try:
        entry = await transport.send(Request("GET", path("models", base), Model), {"timeout": limit, "max_retries": 0})
    except OpenFTError:  # it has no such entry, or is away: that is told elsewhere
        return None
    return day(entry.shutdown_date)
