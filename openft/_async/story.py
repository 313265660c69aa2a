"""What is told of a job, as whoever follows it asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from openft._core.options import RequestOptions
from openft._core.patience import Patience
from openft._core.request import Request
from openft._core.wire import E, J

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport

T = TypeVar("T")


class AsyncStory(Protocol[J, E]):
    """What is told of one job."""

    job: J | None
    """The job once it has finished and all is told."""
    patience: Patience
    """It is told of answers by the story, and of errors by who asks for it."""

    async def more(self) -> list[E]:
        """Return what is new, oldest first; nothing where there was no news yet.

        Raises:
            APIError: the contact was lost; ask again.
        """
        ...

    async def aclose(self) -> None:
        """Give back what is held, and end a pause; asked again, the story goes on."""
        ...


class AsyncAsker:
    """What asks for the story of one job, and is patient."""

    def __init__(self, transport: AsyncTransport, noun: str, job_id: str, options: RequestOptions) -> None:
        self.patience = Patience(transport.settings.clock.now, f"{noun} {job_id}")
        self._transport = transport
        self._id = job_id
        self._options = options

    async def _sent(self, request: Request[T]) -> T:
        answer = await self._transport.send(request, self.patience.asking(self._options))
        self.patience.heard()
        return answer
