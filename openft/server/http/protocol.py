"""uvicorn's HTTP/1.1 protocol, with errors like all others."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from openft._version import __version__
from openft.server.http.refusal import Refusal, too_slow
from openft.server.naming import new_request_id

_HEADERS = (("content-type", "application/json"), ("connection", "close"), ("openft-version", __version__))
_LEFTOVER = 10  # times the patience for the rest of a body already answered: old clients send it before they listen


class JsonH11Protocol(H11Protocol):
    """Answers what is not HTTP, such as raw UTF-8 in a path, with our four keys; waits for headers only so long."""

    patience: ClassVar[float] = 30.0
    """Seconds from the start of a connection, or of a later request, to the end of the headers."""
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait(self.patience)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the waiting."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take the next bytes; wait for the rest of the headers, or of a body that was answered before its end."""
        super().data_received(data)
        if self.cycle and not self.cycle.response_complete:
            self._wait_no_more()
        elif self._waiting is None:
            self._wait(self.patience * (1 if self.conn.their_state is h11.IDLE else _LEFTOVER))

    def send_400_response(self, msg: str) -> None:
        """Answer 400 and hang up."""
        self._hang_up(Refusal(400, f"{msg.lower().rstrip('.')}; percent-encode what is not ASCII", code="invalid_http"))

    def _wait(self, seconds: float) -> None:
        self._waiting = self.loop.call_later(seconds, self._give_up)

    def _wait_no_more(self) -> None:
        if self._waiting:
            self._waiting.cancel()
        self._waiting = None

    def _give_up(self) -> None:
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._hang_up(too_slow("the headers"))
        else:
            self.transport.close()

    def _hang_up(self, refusal: Refusal) -> None:
        body = json.dumps(refusal.body).encode()
        about = (("x-request-id", new_request_id()), ("openai-processing-ms", "0"), ("content-length", str(len(body))))
        for event in (
            h11.Response(
                status_code=refusal.status,
                headers=[*_HEADERS, *about],
                reason=HTTPStatus(refusal.status).phrase.encode(),
            ),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
