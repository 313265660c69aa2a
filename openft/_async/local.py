"""The embedded server as the transport sees it: an address that is there at the first request."""

from __future__ import annotations

from pathlib import Path

from openft._runtime import aio
from openft._runtime.embedded import Embedded
from openft.config import Address
from openft.errors import ConfigError


class AsyncLocal:
    """Starts or attaches to the embedded server when it is first needed."""

    def __init__(self, server: Embedded) -> None:
        self._server = server

    @classmethod
    def on(cls, data_dir: Path | None, *, temporary: bool) -> AsyncLocal:
        """Return the embedded server of a data directory, not started yet.

        Raises:
            ConfigError: a data directory cannot be temporary.
        """
        if temporary and data_dir is not None:
            raise ConfigError("temporary=True makes a folder of its own; leave data_dir= out")
        return cls(Embedded(data_dir, temporary))

    async def address(self) -> Address:
        """Return where the server is.

        Raises:
            LocalServerError: it does not start.
            MissingExtra: its packages are not installed.
        """
        known = self._server.known
        return known if known is not None else await aio.blocking(self._server.start)

    def forget(self) -> None:
        """Look for the server anew at the next request; this one did not reach it."""
        self._server.known = None

    async def aclose(self) -> None:
        """Stop the server if this client started it."""
        await aio.blocking(self._server.stop)
