"""Server-sent events from bytes, whatever the chunks (WHATWG HTML 9.2.6, "Interpreting an event stream")."""

from __future__ import annotations

from dataclasses import dataclass

from openft.errors import APIResponseValidationError

BOM = b"\xef\xbb\xbf"
LONGEST = 32 * 1024 * 1024
"""Bytes of a line, and of an event."""


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event of a stream."""

    data: str
    event: str = "message"
    id: str = ""
    """The last id that the stream has set, on this event or before."""


class Decoder:
    """Turns the bytes of an event stream into events; an event cut off by the end of the stream is dropped."""

    def __init__(self) -> None:
        self._rest = b""
        self._at_start = True
        self._after_cr = False
        self._data: list[str] = []
        self._size = 0
        self._event = ""
        self._id = ""
        self.retry: int | None = None
        """Milliseconds after which the server wants a lost connection to be tried again."""

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events that are complete with these bytes.

        Raises:
            APIResponseValidationError: a line or an event is longer than 32 MB.
        """
        events: list[ServerSentEvent] = []
        for line in self._lines(chunk):
            if line:
                self._field(line)
            elif self._data:
                events.append(ServerSentEvent("\n".join(self._data), self._event or "message", self._id))
                self._data, self._event, self._size = [], "", 0
            else:
                self._event = ""
        return events

    def _lines(self, chunk: bytes) -> list[bytes]:
        if not chunk:
            return []
        text = self._rest + chunk
        if self._at_start:
            if len(text) < len(BOM) and BOM.startswith(text):
                self._rest = text
                return []
            text = text.removeprefix(BOM)
            self._at_start = False
        if self._after_cr:
            text = text.removeprefix(b"\n")
        self._after_cr = text.endswith(b"\r")
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, self._rest = text.split(b"\n")
        if len(self._rest) > LONGEST:
            raise APIResponseValidationError("the event stream has a line of over 32 MB; is this an event stream?")
        return lines

    def _field(self, line: bytes) -> None:
        name, _, raw = line.partition(b":")
        value = raw.removeprefix(b" ").decode("utf-8", "replace")
        if name == b"data":
            self._data.append(value)
            self._size += len(value) + 1
            if self._size > LONGEST:
                raise APIResponseValidationError("the event stream has an event of over 32 MB; is it one?")
        elif name == b"event":
            self._event = value
        elif name == b"id" and "\0" not in value:
            self._id = value
        elif name == b"retry" and value.isascii() and value.isdigit() and len(value) < 10:
            self.retry = int(value)
