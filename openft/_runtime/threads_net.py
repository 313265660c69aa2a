"""The network in a thread: connections, bodies, deadlines; aio_net.py is its twin."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

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
    """One HTTP client for each process, made on first use; threads share it, a forked process must not."""

    def __init__(self, make: Callable[[], httpx.Client]) -> None:
        self._make = make
        self._clients: dict[int, httpx.Client] = {}

    def get(self) -> httpx.Client:
        """Return the client of this process."""
        process = os.getpid()
        client = self._clients.get(process)
        # setdefault decides between threads without a lock, which a fork could leave locked for ever
        return self._clients.setdefault(process, self._make()) if client is None else client

    def close(self) -> None:
        """Close the client; it is made anew if it is needed again."""
        client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()


class FormBody(httpx.SyncByteStream):
    """A multipart body as httpx takes it."""

    def __init__(self, form: Form) -> None:
        self._pieces = pieces(form)

    def __iter__(self) -> Iterator[bytes]:
        return filter(None, self._pieces)

    def close(self) -> None:
        """Close the file."""
        self._pieces.close()
