"""A fault as a value: what the server does, what is asked of the client, and the one thing that may come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from loopback import CLOSE, DONE, Answer, Pause, Received, Step, event, reply, stream

ADA: dict[str, Any] = {"id": "ada", "object": "model", "created": 1, "owned_by": "openft"}
"""What a read asks for, and its answer."""
ROW = b'{"prompt": "a ->", "completion": " b"}\n'
CONTENT = b"step,training_loss\n1,0.5\n"


@dataclass(frozen=True)
class Call:
    """Something that is asked of a client, written once for both faces."""

    name: str
    make: Callable[[Any, Path], Any]
    """Gets the client and an empty folder; returns the result or, on an event loop, what is to be awaited."""
    show: Callable[[Any], object]
    """Makes the result, or each of many, something to compare."""
    many: bool = False
    """Whether the result is iterated."""
    creates: bool = False
    """Whether doing it twice makes two things."""


READ = Call("a read", lambda client, _: client.models.retrieve("ada"), lambda model: (model.id, model.owned_by))
LIST = Call("a list", lambda client, _: client.models.list(), lambda model: model.id, many=True)
DELETION = Call("a deletion", lambda client, _: client.models.delete("ada"), lambda gone: gone.deleted)
COMPLETION = Call(
    "a completion",
    lambda client, _: client.completions.create(model="ada", prompt="a ->"),
    lambda answer: answer.choices[0].text,
)
CHAT = Call(
    "a conversation",
    lambda client, _: client.chat.completions.create(model="ada", messages=[{"role": "user", "content": "a"}]),
    lambda answer: answer.choices[0].message.content,
)
STREAM = Call(
    "a stream",
    lambda client, _: client.completions.create(model="ada", prompt="a ->", stream=True),
    lambda piece: piece.choices[0].text,
    many=True,
)
BYTES = Call("a file's content", lambda client, _: client.files.content("file-1"), lambda file: file.content)
DOWNLOAD = Call(
    "a download",
    lambda client, folder: client.files.download("file-1", folder / "results.csv"),
    lambda path: path.read_bytes(),
)
JOB = Call(
    "a job", lambda client, _: client.fine_tunes.create(training_file="file-1"), lambda job: job.id, creates=True
)
TODAY = Call(
    "a job of today's API",
    lambda client, _: client.fine_tuning.jobs.create(model="ada", training_file="file-1"),
    lambda job: job.id,
    creates=True,
)
CANCEL = Call("a cancel", lambda client, _: client.fine_tunes.cancel("job-1"), lambda job: job.id, creates=True)
UPLOAD = Call(
    "an upload",
    lambda client, _: client.files.create(file=ROW),
    lambda file: file.id,
    creates=True,
)

RIGHT: dict[Call, object] = {
    READ: ("ada", "openft"),
    LIST: ("ada", "babbage"),
    DELETION: True,
    COMPLETION: " b",
    STREAM: (" b", " c"),
    BYTES: CONTENT,
    DOWNLOAD: CONTENT,
    CHAT: " b",
    JOB: "job-1",
    TODAY: "job-1",
    CANCEL: "job-1",
    UPLOAD: "file-1",
}
"""What each call returns when all is well."""


@dataclass(frozen=True)
class Turn:
    """What the server does with one request."""

    steps: Answer
    works: bool = True
    """Whether it carries out what a creation asks for, whatever it answers then."""
    right: bool = False
    """Whether the right answer comes before the steps."""


Play: TypeAlias = "Turn | Callable[[Received], Answer]"
Steps: TypeAlias = bytes | Step | Pause


def turn(*steps: Steps) -> Turn:
    """Return a turn in which the work is done."""
    return Turn(steps)


def refusing(*steps: Steps) -> Turn:
    """Return a turn in which no work is done."""
    return Turn(steps, works=False)


def right_then(*steps: Steps) -> Turn:
    """Return a turn in which all is well, and then something happens."""
    return Turn(steps, right=True)


@dataclass(frozen=True)
class Case:
    """One fault, one call, one outcome."""

    id: str
    what: str
    """The row of the table that it belongs to."""
    call: Call
    script: Sequence[Play | None] = field(repr=False)
    """What the server does with each request; None is the right answer, and the last one is for all that follow."""
    gives: object = None
    """The result; of many, those that came before the error."""
    error: str = ""
    """The name of the error's class, empty where there is none."""
    text: str = ""
    """A pattern that is in the error's text."""
    shows: Mapping[str, object] = field(default_factory=dict[str, object])
    """Further attributes of the error."""
    requests: int = 1
    """How many reach the server."""
    before: Call | None = None
    """A call that goes well beforehand; the script begins with it, and its requests count too."""
    rest: float = 0.0
    """Seconds between the two; where the server has closed the connection by then, its end is waited for, too."""
    keeps_keys: bool = False
    """Whether the server keeps idempotency keys, and says so with every answer."""
    greetings: Sequence[Answer] = ()
    """What is played on the first connections before anything is read."""
    place: str = ""
    """``closed`` or ``full``: a port where nobody listens, or where nobody accepts; ``tls``: asked for over TLS."""
    pauses: Sequence[float] | None = None
    """The seconds slept between attempts, which then pass in no time."""
    about: float = 0.0
    """Seconds by which those may be shorter, where they are reckoned from a date."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Options of the client."""
    timeout: float = 10.0
    """Seconds that the call may take."""
    made: int | None = None
    """Things that the server has made in the end; None where the call makes none."""
    official: bool = True
    """Whether the case means something for the official client, too."""


def joined(steps: Sequence[Steps]) -> Answer:
    """Return the steps with neighbouring bytes in one piece, so that they arrive together."""
    together: list[Steps] = []
    for step in steps:
        if isinstance(step, bytes) and together and isinstance(together[-1], bytes):
            together[-1] += step
        else:
            together.append(step)
    return together


def piece(text: str) -> dict[str, Any]:
    """Return a completion, whole or a piece of a stream."""
    choice = {"text": text, "index": 0, "logprobs": None, "finish_reason": None}
    return {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "ada", "choices": [choice]}


STREAMED: Answer = [stream(event(piece(" b")), event(piece(" c")), DONE), CLOSE]


class Server:
    """The server's side of a case: plays the script, and counts what it makes."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._turns = iter(case.script)
        self._last = case.script[-1]
        self.keys: list[str] = []
        """The things made, by the keys that they were made with."""

    def __call__(self, received: Received) -> Answer:
        """Return the answer to a request; the loopback server asks for one at a time."""
        play = self._last = next(self._turns, self._last)
        if isinstance(play, Turn) and not play.works:
            return play.steps
        right = self._right(received)
        if play is None:
            return right
        if isinstance(play, Turn):
            return joined([*right, *play.steps]) if play.right else play.steps
        return play(received)

    def _right(self, received: Received) -> Answer:
        parts = received.path.removeprefix("/v1/").split("/")
        if parts[0] == "completions":
            return STREAMED if self._case.call is STREAM else [self._marked(piece(" b"))]
        if parts[0] == "chat":
            said = {"index": 0, "message": {"role": "assistant", "content": " b"}, "finish_reason": "stop"}
            return [self._marked({**piece(""), "object": "chat.completion", "choices": [said]})]
        if received.method == "POST":
            return [self._marked(self._made("file" if parts[0] == "files" else "job", received))]
        if received.method == "DELETE":
            return [self._marked({"id": "ada", "object": "model", "deleted": True})]
        if parts == ["models"]:
            return [self._marked({"object": "list", "data": [ADA, {**ADA, "id": "babbage"}], "has_more": False})]
        return [self._marked(CONTENT if parts[-1] == "content" else ADA)]

    def _made(self, kind: str, received: Received) -> dict[str, Any]:
        key = received.headers.get("idempotency-key") if self._case.keeps_keys else None
        if key is None or key not in self.keys:
            self.keys.append(key or f"nameless {len(self.keys)}")
        number = self.keys.index(key) + 1 if key else len(self.keys)
        return {"id": f"{kind}-{number}", "object": kind, "status": "pending", "created_at": 1}

    def _marked(self, body: object) -> bytes:
        return reply(200, body, **({"openft_version": "1"} if self._case.keeps_keys else {}))
