"""The process that answers for all models: ``python -m openft.server.engine.inference``, a socket as standard input.

Every request is a generator that goes one token further at each of its turns, so that none waits for another's end.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
from collections import OrderedDict
from collections.abc import Iterator
from select import select

import torch
from pydantic import TypeAdapter

from openft.server.engine import bases
from openft.server.engine.bases import LoadedModel
from openft.server.engine.sampling import Refused, generate
from openft.server.generation import Abort, Ask, Chunk, Done, Failed, Generate, Load, Loaded, Unload
from openft.server.jobspec import ModelRef

KEPT = 8  # models in memory; the one not used for longest goes first
ASK: TypeAdapter[Ask] = TypeAdapter(Ask)

Turn = Iterator[Loaded | Chunk | Done | Failed | None]


class Models:
    """The models in memory."""

    def __init__(self) -> None:
        self._loaded: OrderedDict[str, tuple[ModelRef, LoadedModel]] = OrderedDict()

    def get(self, ref: ModelRef) -> LoadedModel:
        """Return a model, loading it if need be."""
        known = self._loaded.get(ref.name)
        if known is None or known[0] != ref:
            known = (ref, bases.load(ref))
            self._loaded[ref.name] = known
        self._loaded.move_to_end(ref.name)
        while len(self._loaded) > KEPT:
            self._loaded.popitem(last=False)
        return known[1]

    def forget(self, name: str) -> None:
        """Let a model go; requests at work keep theirs to their end."""
        self._loaded.pop(name, None)


class Service:
    """Requests at work, each with its turns."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._models = Models()
        self._work: OrderedDict[str, Turn] = OrderedDict()
        self._unread = b""

    def run(self) -> None:
        """Serve until the server closes the connection."""
        while self._receive(block=not self._work):
            for id in list(self._work):
                self._advance(id)

    def _receive(self, *, block: bool) -> bool:
        """Take in what the server sent; False when there will be no more."""
        while select([self._connection], [], [], None if block else 0)[0]:
            received = self._connection.recv(1 << 20)
            if not received:
                return False
            *lines, self._unread = (self._unread + received).split(b"\n")
            for line in lines:
                self._take(ASK.validate_json(line))
            block = not self._work
        return True

    def _take(self, ask: Ask) -> None:
        if isinstance(ask, Unload):
            self._models.forget(ask.name)
        elif isinstance(ask, Abort):
            self._work.pop(ask.id, None)
        else:
            self._work[ask.id] = self._turns(ask)

    def _turns(self, ask: Load | Generate) -> Turn:
        try:
            loaded = self._models.get(ask.model)
            if isinstance(ask, Load):
                yield Loaded(id=ask.id)
            else:
                yield from generate(loaded, ask)
        except Refused as refusal:
            yield refusal.reply
        except bases.UnusableModel as error:
            yield Failed(id=ask.id, status=500, message=str(error), code="server_error")
        except Exception as error:  # noqa: BLE001 - one request's failure is not the others'
            traceback.print_exc()
            message = f"the model {ask.model.name} failed with an unexpected {type(error).__name__}; try again"
            yield Failed(id=ask.id, status=500, message=message, code="server_error")

    def _advance(self, id: str) -> None:
        """Let a request go on until it gives way, and send what it says."""
        turn = self._work[id]
        for reply in turn:
            if reply is None:
                return
            self._connection.sendall(reply.model_dump_json().encode() + b"\n")
        del self._work[id]


def main() -> None:
    """Serve on standard input."""
    connection = socket.socket(fileno=os.dup(0))
    os.dup2(2, 1)  # what a library prints belongs to the log
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then hangs up
    torch.set_num_threads(1)
    try:
        Service(connection).run()
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)


if __name__ == "__main__":
    main()
