"""The order in which people speak in a conversation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from openft.data.checks import rules
from openft.data.checks.detect import plain_role
from openft.data.checks.flaw import Flaw
from openft.data.checks.paths import as_object
from openft.data.rows import ROLES

_SYSTEM = ("system", "developer")


def roles_of(messages: Sequence[object]) -> tuple[str, ...] | None:
    """Return who speaks, but for case and blanks; None where it cannot be told of a message."""
    roles: list[str] = []
    for message in messages:
        role = (as_object(message) or {}).get("role")
        if not isinstance(role, str) or plain_role(role) not in ROLES:
            return None
        roles.append(plain_role(role))
    return tuple(roles)


def chat_turns(roles: tuple[str, ...]) -> tuple[Flaw, ...]:
    """Return what is wrong with the order of a conversation to learn from."""
    return _short(roles) if len(roles) <= _SHORT else _turns(roles)


def _turns(roles: tuple[str, ...]) -> tuple[Flaw, ...]:
    return (*_answers(roles), *any_turns(roles, "messages"))


_short = lru_cache(maxsize=1024)(_turns)
_SHORT = 32
"""Messages of a conversation whose order may well come again."""


def _answers(roles: tuple[str, ...]) -> Iterator[Flaw]:
    if "assistant" not in roles:
        yield Flaw(rules.NO_ANSWER, "messages", "no assistant message, so that there is nothing to learn; add one")
    elif roles[-1] != "assistant":
        last = last_answer(roles)
        message = f"{len(roles) - 1 - last} messages after the last one of the assistant, which hosts refuse; cut"
        yield Flaw(rules.AFTER_ANSWER, f"messages[{last + 1}]", f"{message} the conversation there")


def last_answer(roles: Sequence[str]) -> int:
    """Return which message the assistant's last one is."""
    return len(roles) - 1 - list(reversed(roles)).index("assistant")


def any_turns(roles: tuple[str, ...], path: str) -> tuple[Flaw, ...]:
    """Return what is wrong with the order of any conversation."""
    late = next((place for place, role in enumerate(roles) if place and role in _SYSTEM), None)
    flaws: list[Flaw] = []
    if late is not None:
        what = "a second system message" if roles[0] in _SYSTEM else "the system message is not the first one"
        flaws.append(Flaw(rules.SYSTEM_PLACE, f"{path}[{late}]", f"{what}; put all of it at the start"))
    repeated = next((place for place, two in enumerate(pairwise(roles), 1) if two == ("user", "user")), None)
    if repeated is not None:
        message = "two user messages in a row; join them, or write what the assistant said between them"
        flaws.append(Flaw(rules.USERS_IN_A_ROW, f"{path}[{repeated}]", message))
    return tuple(flaws)
