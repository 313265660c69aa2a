"""Whether an answer's bytes end where the answer does: what stands behind it would be taken for the next one."""

from __future__ import annotations

LENGTH = b"\r\ncontent-length:"
CHUNKED = b"\r\ntransfer-encoding:"
END = b"\r\n\r\n"
BODILESS = (b"204", b"304")
DIGITS = 18
"""Of a length that can be one."""


class Surplus:
    """Watches the bytes of a connection, answer by answer."""

    def __init__(self) -> None:
        self._head: bytes | None = b""
        """What has come of the head, None once that is whole."""
        self._due: int | None = None
        """Bytes of the body that are still to come, None where it is in chunks or goes on to the end."""
        self._chunked = False
        self._tail = b""

    def begin(self) -> None:
        """Note that a request goes out, so that an answer's head comes next."""
        self._head, self._due, self._chunked, self._tail = b"", None, False, b""

    def passed(self, data: bytes) -> None:
        """Note bytes of the answer."""
        if self._head is None:
            self._count(data)
            return
        self._head += data
        while (end := self._head.find(END)) >= 0:
            head, rest = self._head[: end + 2], self._head[end + 4 :]
            if head[9:10] != b"1":  # else a 1xx, and the head of the answer itself is still to come
                self._begin_body(head)
                self._count(rest)
                return
            self._head = rest

    @property
    def none(self) -> bool:
        """Whether there is nothing behind the answer, as far as its frame tells; only asked when it is over."""
        return self._tail == END if self._chunked else self._due == 0

    def _begin_body(self, head: bytes) -> None:
        self._head = None
        names = head.lower()
        self._chunked = CHUNKED in names
        length = names.partition(LENGTH)[2].partition(b"\r\n")[0].strip(b" \t")
        if head[9:12] in BODILESS:
            self._due, self._chunked = 0, False
        elif length.isdigit() and len(length) <= DIGITS and not self._chunked:
            self._due = int(length)

    def _count(self, data: bytes) -> None:
        if self._due is not None:
            self._due -= len(data)
        elif self._chunked:
            self._tail = (self._tail + data[-4:])[-4:]
