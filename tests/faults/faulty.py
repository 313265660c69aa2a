"""Cases made from faults: the same trouble once, always, and for what must not be done twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faults.case import JOB, READ, RIGHT, Call, Case, Play, Steps, Turn
from loopback import Pause

ATTEMPTS = 3
"""How often the client asks by default."""


@dataclass(frozen=True)
class Fault:
    """A trouble, and what a client says when it does not end."""

    id: str
    what: str
    play: Play
    error: str
    text: str = ""
    again: bool = True
    """Whether what can be repeated is repeated."""
    shows: Mapping[str, object] = field(default_factory=dict[str, object])
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    timeout: float = 10.0
    lasting: bool = False
    """Whether it uses up all the time there is."""
    official: bool = True


def cases(fault: Fault, *, once: Sequence[Call] = (READ,), always: Sequence[Call] = (READ, JOB)) -> list[Case]:
    """Return a fault's cases: met once and got over, and met with every request."""
    got_over = [
        _case(fault, f"{fault.id}, then not, {call.name}", call, [fault.play, None], gives=RIGHT[call], requests=2)
        for call in once
        if fault.again and not fault.lasting
    ]
    return got_over + [_always(fault, call) for call in always]


def _always(fault: Fault, call: Call) -> Case:
    repeated = fault.again and not fault.lasting and not call.creates
    works = not isinstance(fault.play, Turn) or fault.play.works
    return _case(
        fault,
        f"{fault.id}, {call.name}",
        call,
        [fault.play],
        error=fault.error,
        text=fault.text,
        shows=fault.shows,
        requests=ATTEMPTS if repeated else 1,
        made=int(works) if call.creates else None,
        gives=() if call.many else None,
    )


def _case(fault: Fault, id: str, call: Call, script: Sequence[Play | None], **rest: Any) -> Case:
    common: dict[str, Any] = {"options": fault.options, "timeout": fault.timeout, "official": fault.official}
    return Case(id, fault.what, call, script, **common, **rest)


def raw(*lines: str, body: bytes = b"") -> bytes:
    """Return an answer as these lines, without a header that is not among them."""
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n" + body


def drip(data: bytes, seconds: float = 0.1) -> list[Steps]:
    """Return steps that send one byte at a time."""
    return [step for byte in data for step in (Pause(seconds), bytes([byte]))]
