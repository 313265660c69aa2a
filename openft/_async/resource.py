"""What the resource classes have in common: the client whose transport they send with."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, TypeVar

from openft._core.options import RequestOptions
from openft._core.request import Request
from openft.errors import APIError

if TYPE_CHECKING:
    from openft._async.client import AsyncClient
    from openft._async.transport import AsyncTransport

T = TypeVar("T")


class AsyncResource:
    """One group of endpoints."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    @property
    def _transport(self) -> AsyncTransport:
        """The client's transport, made at the first request, so that making a client stays cheap."""
        return self._client.transport

    async def _create(self, request: Request[T], options: RequestOptions) -> T:
        """Return what a create has made; an error of it can be given to ``client.reconcile``."""
        began = time()
        try:
            made = await self._transport.send(request, options)
        except APIError as error:
            from openft._core.creation import creation, doubted

            doubted(error, creation(request, began))
            raise
        self._transport.made.add(made)
        return made

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {place(self._client)}>"


def place(client: AsyncClient) -> str:
    """Return in words where a client's requests go, also of one whose settings were refused."""
    settings = vars(client).get("_settings")
    return (settings and settings.base_url) or "the embedded server"
