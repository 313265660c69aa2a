"""One message of a conversation: who speaks, what is said, and what else it has."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from openft.data.checks import rules
from openft.data.checks.detect import plain_role
from openft.data.checks.flaw import Flaw
from openft.data.checks.paths import Row, as_list, as_object
from openft.data.rows import ROLES, excerpt, json_type

MESSAGE_KEYS: dict[str, frozenset[str]] = {
    role: frozenset({"role", "content", "name"}) for role in ("system", "developer", "user", "function")
} | {
    "assistant": frozenset({"role", "content", "name", "tool_calls", "function_call", "refusal", "weight"}),
    "tool": frozenset({"role", "content", "name", "tool_call_id"}),
}
"""What the message of a role may have."""
_PARTS: dict[str, tuple[str, ...]] = {"user": ("text", "image_url"), "assistant": ("text", "refusal")}
_CALLING = ("tool_calls", "function_call", "refusal")


def message_flaws(value: object, path: str, *, images: bool = True) -> Iterator[Flaw]:
    """Yield what is wrong with one message, without its tool calls.

    Args:
        value: the message.
        path: where it is.
        images: whether users may show some.
    """
    message = as_object(value)
    if message is None:
        said = f"a message is an object with role and content, not a JSON {json_type(value)}; write one"
        yield Flaw(rules.NOT_A_MESSAGE, path, said, value if isinstance(value, str) else None)
        return
    written = message.get("role")
    role = plain_role(written) if isinstance(written, str) else ""
    if written != role or role not in ROLES:
        yield _unknown_role(written, role, f"{path}.role")
    if role in ROLES:
        for key in [key for key in message if key not in MESSAGE_KEYS[role]]:
            said = f"{excerpt(key)!r} is no key of a message of the {role}; leave it out"
            yield Flaw(rules.UNEXPECTED_KEY, f"{path}.{excerpt(key)}", said)
        yield from _content(message, role, path, images=images)
    if role == "assistant":
        yield from _weight(message, path)


def _unknown_role(written: object, role: str, path: str) -> Flaw:
    if not isinstance(written, str):
        what = "the role is missing" if written is None else f"the role is a JSON {json_type(written)}"
        return Flaw(rules.UNKNOWN_ROLE, path, f"{what}; write {', '.join(ROLES[:-1])} or {ROLES[-1]}")
    near = [role] if role in ROLES else get_close_matches(role[:48], ROLES, n=1)
    known = repr(near[0]) if near else f"{', '.join(ROLES[:-1])} or {ROLES[-1]}"
    message = f"the role {excerpt(written)!r} is not known; write {known}"
    return Flaw(rules.UNKNOWN_ROLE, path, message, written, fixable=role in ROLES)


def is_empty_answer(value: object) -> bool:
    """Return whether a message is the assistant's and says nothing, calls nothing and refuses nothing."""
    message = as_object(value)
    if message is None or not isinstance(role := message.get("role"), str) or plain_role(role) != "assistant":
        return False
    if any(message.get(key) for key in _CALLING):
        return False
    content = message.get("content")
    parts = as_list(content)
    if parts is not None:
        return not any(map(_says, parts))
    return content is None or (isinstance(content, str) and not content.strip())


def _says(value: object) -> bool:
    part = as_object(value) or {}
    text = part.get("text")
    return not (part.get("type") == "text" and isinstance(text, str) and not text.strip())


def _content(message: Row, role: str, path: str, *, images: bool) -> Iterator[Flaw]:
    content, path = message.get("content"), f"{path}.content"
    if is_empty_answer(message):
        yield _nothing(path)
    elif isinstance(content, str):
        if role == "assistant" and (flaw := answer_flaw(content, path)) is not None and content.strip():
            yield flaw
    elif (parts := as_list(content)) is not None:
        if not parts:
            yield Flaw(rules.WRONG_CONTENT, path, "content is an empty array; write a text")
        for number, part in enumerate(parts):
            yield from _part(part, role, f"{path}[{number}]", images=images)
    elif content is not None or role not in {"assistant", "function"}:
        what = "missing" if content is None else f"a JSON {json_type(content)}"
        yield Flaw(rules.WRONG_CONTENT, path, f"content is {what}; write a text in quotes, or a list of parts")


def answer_flaw(text: str, path: str) -> Flaw | None:
    """Return what is wrong with what the assistant says, where it has nothing but this text."""
    if not text.strip():
        return _nothing(path)
    bare = trimmed(text)
    if bare == text:
        return None
    said = "white space at an end of the answer, which is learned too; take it off"
    return Flaw(rules.BLANK_AROUND_ANSWER, path, said, text[-24:] if text.startswith(bare) else text)


def trimmed(text: str) -> str:
    """Return an answer without white space at its ends, but with the indentation of its first line.

    A single blank is no indentation, unless a later line has one as well.
    """
    bare = text.rstrip().lstrip("\r\n")
    one = bare[:1] == " " and not bare[1:2].isspace() and "\n " not in bare
    return bare[1:] if one else bare


def _nothing(path: str) -> Flaw:
    said = "the assistant says nothing here; there is nothing to learn, write it or leave out the row"
    return Flaw(rules.EMPTY_ANSWER, path, said)


def _part(value: object, role: str, path: str, *, images: bool) -> Iterator[Flaw]:
    part = as_object(value)
    kind = (part or {}).get("type")
    if part is None or not isinstance(kind, str):
        yield Flaw(rules.WRONG_CONTENT, path, 'a part of a content is an object such as {"type": "text", "text": …}')
    elif kind == "image_url" and (role != "user" or not images):
        where = "messages of users" if images else "conversations to learn from, not here"
        yield Flaw(rules.IMAGE_PLACE, path, f"images stand in {where} only; take it out")
    elif kind not in _PARTS.get(role, ("text",)):
        known = " or ".join(_PARTS.get(role, ("text",)))
        yield Flaw(rules.WRONG_CONTENT, f"{path}.type", f"a part of the {role} is {known}; leave this one out", kind)
    elif kind == "image_url":
        if not isinstance((as_object(part["image_url"]) or {}).get("url") if "image_url" in part else None, str):
            said = 'an image is written {"type": "image_url", "image_url": {"url": …}}'
            yield Flaw(rules.WRONG_CONTENT, f"{path}.image_url", said)
    elif not isinstance(part.get(kind), str):
        yield Flaw(rules.WRONG_CONTENT, f"{path}.{kind}", f"a part of type {kind} has a text under {kind!r}; write it")


def _weight(message: Row, path: str) -> Iterator[Flaw]:
    weight = message.get("weight")
    if weight is not None and (type(weight) is not int or weight not in {0, 1}):
        said = "the weight of an answer is 0, to leave it out of what is learned, or 1; write one of them"
        shown = weight if isinstance(weight, str) else None
        yield Flaw(rules.WRONG_WEIGHT, f"{path}.weight", said, shown)


def images_in(messages: list[object]) -> int:
    """Return how many images there are in messages."""
    contents = [as_list((as_object(message) or {}).get("content")) or [] for message in messages]
    return sum((as_object(part) or {}).get("type") == "image_url" for parts in contents for part in parts)
