"""Serves until told to stop; `openft serve` and `python -m openft.server` both end up here."""

from __future__ import annotations

import errno
import ipaddress
import json
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace

import uvicorn

from openft.server.app import App
from openft.server.home import Home, write_in_place
from openft.server.http.protocol import JsonH11Protocol
from openft.server.settings import ServeError, Settings

_STREAMS_END_SECONDS = 10
_IDLE_SECONDS = 75  # uvicorn's 5 is just when clients poll again, and would cut them off as they write
_LONGEST_HEADERS = 64 * 1024


def serve(settings: Settings, *, watch_stdin: bool, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM, Ctrl-C or, when that is watched, the end of standard input.

    Args:
        settings: without an owner's key, one is made, kept in the data directory and shown on stderr.
        watch_stdin: whether the end of standard input means stop.
        announce: called with the server's address, which includes ``/v1``, once it accepts connections.

    Raises:
        ServeError: it cannot start; the message is one line for the user.
    """
    settings = _stripped(settings)
    if not settings.api_keys and not is_loopback(settings.host):
        raise ServeError(f"serving on {settings.host} needs a key; give one with --api-key or OPENFT_SERVER_API_KEYS")
    home = Home(settings.data_dir)
    before = os.umask(0o077)  # what is made in the data directory is its owner's only, by our children too
    try:
        home.open()
        with _listener(settings.host, settings.port) as listener:
            settings = _with_key(settings, home)
            url = _address(settings.host, listener)
            app = App(settings, home)
            app.open()
            server = HttpServer(app, lambda: _tell(home, settings, url, app.instance, announce))
            with _told_to_stop(server, watch_stdin=watch_stdin):
                server.run([listener])
    finally:
        home.close()
        os.umask(before)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class HttpServer(uvicorn.Server):
    """uvicorn, as this server needs it; tells when it accepts connections."""

    def __init__(self, app: App, tell: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=JsonH11Protocol,
                ws="none",
                loop="asyncio",
                lifespan="on",
                log_config=None,
                access_log=False,
                log_level="warning",
                server_header=False,
                h11_max_incomplete_event_size=_LONGEST_HEADERS,
                timeout_keep_alive=_IDLE_SECONDS,
                timeout_graceful_shutdown=_STREAMS_END_SECONDS,
            )
        )
        self._app = app
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections, and tell."""
        await super().startup(sockets)
        self._tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams, which would go on for hours, then the rest."""
        self._app.close_streams()
        await super().shutdown(sockets)


@contextmanager
def _told_to_stop(server: uvicorn.Server, *, watch_stdin: bool) -> Generator[None, None, None]:
    """Stop the server in order when a signal comes, or standard input ends."""

    def stop(*_: object) -> None:
        server.should_exit = True

    def watch() -> None:
        while os.read(0, 4096):
            pass
        stop()

    # uvicorn raises the signals that it caught again when it is done: then these take them, and we end in order
    handlers = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    if watch_stdin:
        threading.Thread(target=watch, name="openft-stdin", daemon=True).start()
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        host.encode("idna")  # create_server would leave its socket open
    except UnicodeError as error:
        raise ServeError(f"{host!r} is no address; choose one of this machine with --host") from error
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        remedy = "choose another port with --port" if taken else "choose an address of this machine with --host"
        raise ServeError(f"cannot listen on {host}:{port} ({reason}); {remedy}") from error


def _address(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where to reach it, not to bind
    shown = everywhere.get(host, host)
    return f"http://[{shown}]:{port}/v1" if ":" in shown else f"http://{shown}:{port}/v1"


def _stripped(settings: Settings) -> Settings:
    owners, members = ([key.strip() for key in keys] for keys in (settings.api_keys, settings.member_keys))
    if not all((*owners, *members)):
        raise ServeError("an API key is empty; give another, or none, and an owner's key is made")
    return replace(settings, api_keys=tuple(owners), member_keys=tuple(members))


def _with_key(settings: Settings, home: Home) -> Settings:
    if settings.api_keys:
        return settings
    try:
        key = home.key_file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        key = f"sk-openft-{secrets.token_urlsafe(32)}"
        write_in_place(home.key_file, f"{key}\n".encode())
    except (OSError, UnicodeError) as error:
        raise ServeError(f"cannot read a key from {home.key_file}; remove it, and a new one is made") from error
    if not key:
        raise ServeError(f"there is no key in {home.key_file}; write one there, or remove it, and a new one is made")
    print(f"the API key is {key} (kept in {home.key_file})", file=sys.stderr)  # noqa: T201 - the one time it is shown
    return replace(settings, api_keys=(key,))


def _tell(home: Home, settings: Settings, url: str, instance: str, announce: Callable[[str], None]) -> None:
    told = {"url": url, "pid": os.getpid(), "instance": instance, "api_key": settings.api_keys[0]}
    write_in_place(home.server_json, json.dumps(told).encode())
    announce(url)
