"""The network in a thread: connections, bodies, deadlines; aio_net.py is its twin."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from threading import Lock

import httpx

from openft._core.multipart import Form
from openft._runtime import tls
from openft._runtime.clipped import ClippedTransport, clip
from openft._runtime.disk import pieces


@contextmanager
def deadline(seconds: float) -> Generator[None]:
    """Raise TimeoutError where the body waits on the network longer than this."""
    with clip(seconds):
        yield


def transport(base_url: str) -> httpx.BaseTransport:
    """Return the transport for an address."""
    proxy = tls.proxy_for(base_url)
    return ClippedTransport(tls.context(base_url, proxy), proxy)


class Pool:
    """One HTTP client for each process, made on first use; threads share it."""

    def __init__(self, make: Callable[[], httpx.Client]) -> None:
        self._make = make
        self._lock = Lock()
        self._mine: tuple[int, httpx.Client] | None = None

    def get(self) -> httpx.Client:
        """Return the client of this process."""
        mine = self._mine
        if mine is not None and mine[0] == tls.process():
            return mine[1]
        with self._lock:
            if self._mine is None or self._mine[0] != tls.process():
                self._mine = (tls.process(), self._make())
            return self._mine[1]

    def close(self) -> None:
        """Close the client; it is made anew if it is needed again."""
        with self._lock:
            mine, self._mine = self._mine, None
        if mine is not None and mine[0] == tls.process():
            mine[1].close()


class FormBody:
    """A multipart body as httpx takes it."""

    def __init__(self, form: Form) -> None:
        self._pieces = pieces(form)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """Close the file."""
        self._pieces.close()
