"""The inference child, a real process on a real socket."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from openft.server.generation import Abort, Ask, Chunk, Done, Failed, Generate, Load, Loaded, Reply, Unload
from openft.server.jobspec import ModelRef

REPLY: TypeAdapter[Reply] = TypeAdapter(Reply)


class Child:
    """The process and our end of its socket."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(30)
        command = [sys.executable, "-m", "openft.server.engine.inference"]
        self.process = subprocess.Popen(command, stdin=theirs.fileno(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        theirs.close()
        self._lines = self.socket.makefile("rb")

    def send(self, *asks: Ask) -> None:
        self.socket.sendall(b"".join(ask.model_dump_json().encode() + b"\n" for ask in asks))

    def read(self) -> Reply:
        return REPLY.validate_json(self._lines.readline())

    def close(self) -> tuple[bytes, bytes]:
        self._lines.close()
        self.socket.close()
        out, err = self.process.communicate(timeout=20)
        return out, err


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    child = Child()
    yield child
    child.close()


def generate(model: ModelRef, id: str = "1", **given: object) -> Generate:
    chosen = {
        "id": id,
        "model": model,
        "prompts": ["Hello"],
        "max_tokens": 5,
        "temperature": 0.0,
        "top_p": 1.0,
        "n": 1,
        "stop": [],
        "logprobs": None,
        "echo": False,
        "seed": None,
        "stream": False,
        **given,
    }
    return Generate.model_validate(chosen)


def test_a_model_is_loaded_and_answers(child: Child, ada: ModelRef) -> None:
    child.send(Load(id="a", model=ada), generate(ada, "b"))
    assert child.read() == Loaded(id="a")
    reply = child.read()
    assert isinstance(reply, Done)
    assert (reply.id, reply.prompt_tokens, len(reply.choices)) == ("b", 3, 1)


def test_requests_progress_side_by_side(child: Child, ada: ModelRef) -> None:
    child.send(generate(ada, "long", max_tokens=60, stream=True), generate(ada, "short", max_tokens=2))
    order = [child.read() for _ in range(4)]
    assert [reply.id for reply in order].count("short") == 1
    child.send(Abort(id="long"))
    child.send(Load(id="last", model=ada))
    while child.read().id != "last":
        pass


def test_an_aborted_request_says_no_more(child: Child, ada: ModelRef) -> None:
    child.send(generate(ada, "gone", max_tokens=2000, stream=True))
    assert isinstance(child.read(), Chunk)
    child.send(Abort(id="gone"), Load(id="next", model=ada))
    while (reply := child.read()).id == "gone":
        assert isinstance(reply, Chunk)
    assert reply == Loaded(id="next")


def test_a_missing_model_fails_its_request_only(child: Child, ada: ModelRef, tmp_path: Path) -> None:
    gone = ModelRef(name="ada:ft-gone", path=str(tmp_path / "gone"), base="ada")
    child.send(Load(id="bad", model=gone), Load(id="good", model=ada))
    replies = {child.read().id: None, child.read().id: None}
    assert set(replies) == {"bad", "good"}


def test_an_impossible_request_fails_with_its_status(child: Child, ada: ModelRef) -> None:
    child.send(generate(ada, "big", max_tokens=5000))
    reply = child.read()
    assert isinstance(reply, Failed)
    assert (reply.status, reply.code) == (400, "context_length_exceeded")


def test_an_unloaded_model_can_be_loaded_again(child: Child, ada: ModelRef) -> None:
    child.send(Unload(id="u", name="ada"), Load(id="l", model=ada))
    assert child.read() == Loaded(id="l")


def test_more_models_than_are_kept_still_answer(child: Child, ada: ModelRef) -> None:
    models = [ada.model_copy(update={"name": f"ada:ft-{count}"}) for count in range(10)]
    child.send(*(generate(model, str(count), max_tokens=1) for count, model in enumerate([*models, *models])))
    assert all(isinstance(child.read(), Done) for _ in range(20))


def test_a_line_that_comes_in_pieces_is_one_request(child: Child, ada: ModelRef) -> None:
    line = Load(id="slow", model=ada).model_dump_json().encode() + b"\n"
    child.socket.sendall(line[:10])
    time.sleep(0.05)
    child.socket.sendall(line[10:])
    assert child.read() == Loaded(id="slow")


def test_it_ends_when_the_socket_closes_and_prints_nothing(ada: ModelRef) -> None:
    child = Child()
    child.send(generate(ada, max_tokens=2000, stream=True))
    child.read()
    out, _ = child.close()
    assert child.process.returncode == 0
    assert out == b""
