"""Chunks of an HTTP answer (RFC 9112, 7.1), joined where several have come at once.

Servers send each piece of a stream as a chunk of its own, and the parser of HTTP costs more for each chunk than all
that is done with its content. What is not exactly as it should be passes as it is, to be judged by that parser.
"""

from __future__ import annotations

import re

SIZE = re.compile(rb"([0-9a-fA-F]{1,8})\r\n")
BEGINNING = re.compile(rb"[0-9a-fA-F]{0,8}\r?")
BLANK_LINE = re.compile(rb"\n\r?\n")
CODING = b"\r\ntransfer-encoding:"
LONGEST_HEAD = 128 * 1024


class Joiner:
    """Takes the bytes of a connection as they come; every request on it begins a new answer."""

    def __init__(self) -> None:
        self._pass = True
        self._head: bytes | None = None
        self._held = b""
        self._left = 0

    def begin(self) -> None:
        """Expect the head of an answer."""
        self._pass, self._head, self._held, self._left = False, b"", b"", 0

    def feed(self, data: bytes) -> bytes:
        """Return what stands for these bytes; no bytes stand for the end of the connection."""
        if self._pass:
            return data
        if not data:
            return self._through(self._held)
        if self._head is not None:
            body = self._body(self._head + data)
            if body is None:
                return data
            return data[: len(data) - len(body)] + self._joined(body)
        held, self._held = self._held, b""
        return self._joined(held + data)

    def _through(self, data: bytes) -> bytes:
        self._pass, self._held = True, b""
        return data

    def _body(self, seen: bytes) -> bytes | None:
        """Return what is behind the head once that is whole, None where it is not, or has no chunks."""
        self._head = seen
        end = BLANK_LINE.search(seen)
        if end is None:
            self._pass = len(seen) > LONGEST_HEAD
            return None
        head, body = seen[: end.end()], seen[end.end() :]
        if head[8:10] == b" 1":
            return self._body(body)
        self._head = None
        self._pass = head.lower().partition(CODING)[2].partition(b"\r\n")[0].strip(b" \t") != b"chunked"
        return None if self._pass else body

    def _joined(self, data: bytes) -> bytes:
        """Return the bytes with their whole chunks made one; the last may be there in part."""
        place = min(self._left, len(data))
        self._left -= place
        first, contents = place, list[bytes]()
        while not self._left:
            size = SIZE.match(data, place)
            if size is None:
                break
            begin, end = size.end(), size.end() + int(size[1], 16)
            if end == begin or (data[end : end + 2] != b"\r\n" and len(data) >= end + 2):
                break
            if len(data) < end + 2:
                self._left = end + 2 - len(data)
                break
            contents.append(data[begin:end])
            place = end + 2
        content = b"".join(contents)
        whole = b"%x\r\n%b\r\n" % (len(content), content) if content else b""
        return data[:first] + whole + self._rest(data[place:])

    def _rest(self, data: bytes) -> bytes:
        """Return what is behind the whole chunks, but keep the beginning of a chunk's size."""
        if self._left:
            return data
        if BEGINNING.fullmatch(data):
            self._held = data
            return b""
        return self._through(data)
