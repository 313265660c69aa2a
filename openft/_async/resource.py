"""What the resource classes have in common: the client whose transport they send with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openft._async.client import AsyncClient
    from openft._async.transport import AsyncTransport


class AsyncResource:
    """One group of endpoints."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    @property
    def _transport(self) -> AsyncTransport:
        """The client's transport, made at the first request, so that making a client stays cheap."""
        return self._client.transport
