"""Server-sent events from bytes, whatever the chunks (WHATWG HTML 9.2.6, "Interpreting an event stream")."""

from __future__ import annotations

from typing import NamedTuple

from openft.errors import APIResponseValidationError

BOM = b"\xef\xbb\xbf"
LONGEST = 32 * 1024 * 1024
"""Bytes of an event."""


class ServerSentEvent(NamedTuple):
    """One event of a stream."""

    data: str
    event: str = "message"
    id: str = ""
    """The last id that the stream has set, on this event or before."""


class Decoder:
    """Turns the bytes of an event stream into events; an event cut off by the end of the stream is dropped.

    Bytes are kept until the blank line behind them is there, and joined once: neither many small chunks nor many
    lines make it slow. Nearly all events are one line of data, which is not taken apart further.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._at_start = True
        self._after_cr = False
        self._after_line = False
        self._id = ""
        self.retry: int | None = None
        """Milliseconds after which the server wants a lost connection to be tried again."""

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events that are complete with these bytes.

        Raises:
            APIResponseValidationError: an event is longer than 32 MB.
        """
        if self._after_cr or b"\r" in chunk:
            chunk = self._with_newlines(chunk)
        if b"\n\n" not in chunk and not (self._after_line and chunk.startswith(b"\n")):
            self._keep(chunk)
            return []
        text = b"".join((*self._parts, chunk)) if self._parts else chunk
        if self._at_start:
            text = text.removeprefix(BOM)
            self._at_start = False
        *blocks, rest = text.split(b"\n\n")
        self._parts, self._size, self._after_line = [], 0, False
        self._keep(rest)
        events: list[ServerSentEvent] = []
        for block in blocks:
            if block.startswith(b"data: ") and b"\n" not in block:
                events.append(ServerSentEvent(block[6:].decode("utf-8", "replace"), "message", self._id))
            elif block:
                self._take(block, events)
        return events

    def _with_newlines(self, chunk: bytes) -> bytes:
        """Return the bytes with every end of a line the same, also where it is cut in two."""
        if not chunk:
            return chunk
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")
        self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _keep(self, rest: bytes) -> None:
        """Keep the beginning of an event until there is more."""
        if rest:
            self._parts.append(rest)
            self._after_line = rest.endswith(b"\n")
            self._size += len(rest)
            if self._size > LONGEST:
                raise APIResponseValidationError("the event stream has an event of over 32 MB; is it one?")

    def _take(self, block: bytes, events: list[ServerSentEvent]) -> None:
        """Take in the lines before a blank one, and add their event if they are one."""
        data: list[str] = []
        event = ""
        for line in block.split(b"\n"):
            name, _, raw = line.partition(b":")
            value = raw.removeprefix(b" ").decode("utf-8", "replace")
            if name == b"data":
                data.append(value)
            elif name == b"event":
                event = value
            elif name == b"id" and "\0" not in value:
                self._id = value
            elif name == b"retry" and value.isascii() and value.isdigit() and len(value) < 10:
                self.retry = int(value)
        if data:
            events.append(ServerSentEvent("\n".join(data), event or "message", self._id))
