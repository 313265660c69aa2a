"""What the resource classes have in common: the client whose transport they send with."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from openft._core.options import RequestOptions
from openft._core.request import Request
from openft._runtime import aio
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
        began = self._transport.settings.clock.wall()
        try:
            made = await self._transport.send(request, options)
        except APIError as error:
            from openft._core.creation import creation, doubted

            content = None
            if request.form is not None and error.maybe_done:
                from openft._runtime.disk import sha256

                content = await aio.blocking(sha256, request.form.upload)
            doubted(error, creation(request, began, content))
            raise
        self._transport.made.add(made)
        return made

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {place(self._client)}>"


def place(client: AsyncClient) -> str:
    """Return in words where a client's requests go, also of one whose settings were refused."""
    settings = vars(client).get("_settings")
    return (settings and settings.base_url) or "the embedded server"
