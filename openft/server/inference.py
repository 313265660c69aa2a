"""The server's side of the inference child: one process answers for all models, started again when it dies."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
import subprocess
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import cast

import anyio
from pydantic import TypeAdapter, ValidationError

from openft.server.generation import Abort, Ask, Chunk, Done, Failed, Generate, Load, Loaded, Reply, Unload
from openft.server.http.refusal import Refusal, come_back
from openft.server.jobs.executor import kill_group, without_secrets
from openft.server.jobspec import ModelRef
from openft.server.naming import new_stem

logger: logging.Logger = logging.getLogger("openft.server")

_REPLY: TypeAdapter[Loaded | Chunk | Done | Failed] = TypeAdapter(Reply)
_LONGEST_LINE = 256 * 1024 * 1024  # log-probabilities of many long answers
_HEAD = 512  # bytes of a line that hold whose it is
_ID = re.compile(rb'"id": ?"([^"]*)"')
_COME_BACK_SECONDS = 5


class Gone(Exception):  # noqa: N818 - read as a statement
    """The child died while it was at work."""


class Unreadable(ValueError):  # noqa: N818 - read as a statement
    """A reply is too long, or of another form."""

    def __init__(self, head: bytes) -> None:
        found = _ID.search(head)
        super().__init__("a reply could not be read")
        self.id: str = found[1].decode(errors="replace") if found else ""


class Child:
    """A process, the socket to it, and the requests it works on."""

    def __init__(self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._process = process
        self._writer = writer
        self._asked: dict[str, asyncio.Queue[Loaded | Chunk | Done | Failed | None]] = {}
        self._listening = asyncio.create_task(self._listen(reader))
        self.alive: bool = True

    @classmethod
    async def start(cls, command: Sequence[str], log: Path, longest_line: int = _LONGEST_LINE) -> Child:
        """Start a process with one end of a socket pair as its standard input."""
        ours, theirs = socket.socketpair()
        process = await anyio.to_thread.run_sync(_spawn, command, theirs, log)
        reader, writer = await asyncio.open_connection(sock=ours, limit=longest_line)
        return cls(process, reader, writer)

    def send(self, ask: Ask) -> None:
        """Send a message; to a dead child it is lost, and nobody needs it."""
        self._writer.write(ask.model_dump_json().encode() + b"\n")

    async def ask(self, ask: Load | Generate) -> AsyncGenerator[Loaded | Chunk | Done | Failed, None]:
        """Yield what the child answers, up to the last message; closing it early aborts the request.

        Raises:
            Gone: the child died first.
        """
        if not self.alive:
            raise Gone
        replies = self._asked[ask.id] = asyncio.Queue()
        over = False
        try:
            self.send(ask)
            while not over:
                reply = await replies.get()
                over = not isinstance(reply, Chunk)
                if reply is None:
                    raise Gone
                yield reply
        finally:
            del self._asked[ask.id]
            if not over:
                self.send(Abort(id=ask.id))

    async def close(self) -> None:
        """End the process."""
        self._writer.close()
        await self._listening

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await _line(reader):
                self._deliver(line)
        except Unreadable as error:
            logger.warning("lost the inference process: %s", error)
            self._blame(error.id)
        except OSError as error:
            logger.warning("lost the inference process: %s", error)
        self.alive = False
        for replies in self._asked.values():
            replies.put_nowait(None)
        self._writer.close()
        await self._reap()

    def _deliver(self, line: bytes) -> None:
        try:
            reply = _REPLY.validate_json(line)
        except ValidationError as error:
            raise Unreadable(line[:_HEAD]) from error
        if replies := self._asked.get(reply.id):  # else its asker has gone
            replies.put_nowait(reply)

    def _blame(self, id: str) -> None:
        """Fail the request whose reply broke the protocol: asked again, it would end the next child too."""
        if replies := self._asked.get(id):
            message = "the model's answer could not be read; ask for fewer or shorter answers"
            replies.put_nowait(Failed(id=id, status=500, message=message, code="invalid_reply"))

    async def _reap(self) -> None:
        # it keeps nothing that could be lost, and leaving in order would take torch seconds
        kill_group(self._process.pid)
        await anyio.to_thread.run_sync(self._process.wait)


class Inference:
    """Asks the child, and starts it when it is needed."""

    def __init__(
        self, command: Sequence[str], log: Path, load_wait: float, *, longest_line: int = _LONGEST_LINE
    ) -> None:
        self._command = command
        self._log = log
        self._load_wait = load_wait
        self._longest_line = longest_line
        self._child: Child | None = None
        self._starting = asyncio.Lock()
        self._loads: dict[str, asyncio.Task[Failed | None]] = {}

    async def load(self, model: ModelRef) -> None:
        """Return when a model is ready; loading goes on even if this call has to give up.

        Raises:
            Refusal: 429, it takes longer than a request may wait; else why it cannot be loaded.
        """
        loading = self._loads.get(model.path)
        if loading is None:
            loading = self._loads[model.path] = asyncio.create_task(self._load(model))
            loading.add_done_callback(lambda _: self._loads.pop(model.path))
        done, _ = await asyncio.wait({loading}, timeout=self._load_wait)
        if not done:
            raise come_back(
                f"model {model.name} is still being loaded; try again in {_COME_BACK_SECONDS} seconds",
                seconds=_COME_BACK_SECONDS,
                code="model_not_ready",
            )
        if failed := loading.result():
            raise _refusal(failed)

    async def generate(self, ask: Generate) -> AsyncGenerator[Chunk | Done, None]:
        """Yield the pieces of an answer and its end; a child that dies before the first is asked again, once.

        Raises:
            Refusal: the request cannot be carried out.
        """
        tries = 2
        while True:
            child = await self._living()
            told = False
            tries -= 1
            try:
                async with aclosing(child.ask(ask)) as replies:
                    async for reply in replies:
                        if isinstance(reply, Failed):
                            raise _refusal(reply)
                        told = True
                        yield cast("Chunk | Done", reply)  # only a Load is answered by Loaded
            except Gone:
                if told or not tries:
                    raise _refusal(_died(ask.id)) from None
            else:
                return

    def unload(self, name: str) -> None:
        """Let the child forget a model."""
        if self._child:
            self._child.send(Unload(id=new_stem(), name=name))

    async def close(self) -> None:
        """End the child."""
        for loading in list(self._loads.values()):
            loading.cancel()
        if self._child:
            await self._child.close()

    async def _load(self, model: ModelRef) -> Failed | None:
        ask = Load(id=new_stem(), model=model)
        for _ in range(2):
            child = await self._living()
            try:
                async with aclosing(child.ask(ask)) as replies:
                    reply = await anext(replies)
                return reply if isinstance(reply, Failed) else None
            except Gone:
                continue
        return _died(ask.id)

    async def _living(self) -> Child:
        async with self._starting:
            if self._child is None or not self._child.alive:
                self._child = await Child.start(self._command, self._log, self._longest_line)
            return self._child


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil()
    except asyncio.IncompleteReadError:
        return b""
    except asyncio.LimitOverrunError as error:
        raise Unreadable(await reader.read(_HEAD)) from error


def _spawn(command: Sequence[str], theirs: socket.socket, log: Path) -> subprocess.Popen[bytes]:
    with theirs, log.open("ab") as said:
        return subprocess.Popen(  # noqa: S603 - our own command
            list(command),
            stdin=theirs.fileno(),
            stdout=said,
            stderr=said,
            env=without_secrets(os.environ),
            start_new_session=True,
        )


def _died(id: str) -> Failed:
    message = "the process that answers ended while it was at work; try again, or look into inference.log"
    return Failed(id=id, status=503, message=message, code="inference_died")


def _refusal(failed: Failed) -> Refusal:
    status = 429 if failed.status == 409 else failed.status  # old clients repeat at once, for ever, on 409
    return Refusal(status, failed.message, code=failed.code, param=failed.param)
