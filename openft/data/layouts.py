r"""How one training example is written in each format: a conversation as a prompt, a prompt as a conversation.

A conversation becomes the text of its system message, an empty line, and what was said. Where that is one message of
the user, it stands as it is; where it is more, each message has a line that says who speaks, as in the 2023 guide:

    {system}\n\nUser: {first}\nAssistant: {answer}\nUser: {second}{separator}

The completion is a space, the answer, and the stop sequence. Each answer that is learned makes a row of its own, with
all that was said before it; an answer with weight 0 makes none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from openft.data.checks.paths import Row, as_list, as_object
from openft.data.rows import MAX_LINE_BYTES, excerpt, json_type
from openft.errors import DataError

_SPEAKERS = {"user": "User", "assistant": "Assistant"}
_SYSTEM = ("system", "developer")


class Marks(NamedTuple):
    """What stands behind prompts and completions."""

    separator: str
    stop: str


def as_chat(row: Row, marks: Marks, system: str | None) -> Row:
    """Return a pair as a conversation, without separator, stop sequence and the space before the completion.

    A blank prompt makes no message of the user.

    Raises:
        DataError: the row is no pair of texts.
    """
    prompt, completion = (_text(row, name) for name in ("prompt", "completion"))
    _refuse_further(row, ("prompt", "completion"))
    prompt = prompt.removesuffix(marks.separator)
    answer = completion.removesuffix(marks.stop).removeprefix(" ")
    if not answer.strip():
        raise DataError("completion is empty; there is nothing to learn, write it or leave out the row")
    asked = [{"role": "user", "content": prompt}] if prompt.strip() else []
    told = [] if system is None else [{"role": "system", "content": system}]
    return {"messages": [*told, *asked, {"role": "assistant", "content": answer}]}


class Said(NamedTuple):
    """One message that a text can hold."""

    role: str
    text: str
    learned: bool


def as_pairs(row: Row, system: str | None) -> Iterator[tuple[str, str]]:
    """Yield each answer of a conversation that is learned, with what comes before it, both without marks.

    Raises:
        DataError: something in it cannot be said in a text.
    """
    _refuse_further(row, ("messages",))
    said = [_said(message, f"messages[{number}]") for number, message in enumerate(as_list(row.get("messages")) or [])]
    if not said or said[-1].role != "assistant":
        raise DataError("the conversation does not end with an answer of the assistant; write one, or cut it there")
    if system is not None:
        if said[0].role not in _SYSTEM or said[0].text != system:
            raise DataError(f"its first message is not the system message {excerpt(system)!r}; leave system= out")
        said = said[1:]
    if not any(message.learned for message in said):
        raise DataError("none of its answers is learned, by their weights; leave out the row")
    _refuse_large(said)
    for place, message in enumerate(said):
        if message.learned:
            yield _transcript(said[:place]), message.text


def _refuse_large(said: Sequence[Said]) -> None:
    """Raise DataError if a conversation would grow beyond measure, since all before an answer stands in its row."""
    before, total = 0, 0
    for message in said:
        total += before if message.learned else 0
        before += len(message.text)
    if total > MAX_LINE_BYTES:
        raise DataError(f"{len(said)} messages, which would become {total:,} characters; make several rows of them")


def _transcript(said: Sequence[Said]) -> str:
    told = [message.text for message in said if message.role in _SYSTEM]
    if len(told) > 1 or (told and said[0].role not in _SYSTEM):
        raise DataError("a system message that is not the first one; put all of it at the start")
    spoken = [message for message in said if message.role not in _SYSTEM]
    if len(spoken) == 1 and spoken[0].role == "user":
        return "\n\n".join([*told, spoken[0].text])
    lines = [f"{_SPEAKERS[message.role]}: {message.text}" for message in spoken]
    return "\n\n".join([*told, "\n".join(lines)] if lines else told)


def _said(value: object, path: str) -> Said:
    message = as_object(value)
    if message is None:
        raise DataError(f"{path} is a JSON {json_type(value)}, not a message; write an object with role and content")
    role = message.get("role")
    if not isinstance(role, str) or role not in {*_SYSTEM, *_SPEAKERS}:
        shown = excerpt(role) if isinstance(role, str) else json_type(role)
        raise DataError(f"{path} is of the role {shown!r}, which a prompt has no place for; leave out the row")
    further = [key for key in message if key not in {"role", "content", "weight"}]
    if further:
        raise DataError(f"{path}.{excerpt(further[0])} cannot be said in a text; leave out the row")
    weight = message.get("weight", 1)
    text = _content(message.get("content"), f"{path}.content")
    if role == "assistant" and not text.strip():
        raise DataError(f"{path}.content is empty; there is nothing to learn, write it or leave out the row")
    return Said(role, text, learned=role == "assistant" and weight != 0)


def _content(content: object, path: str) -> str:
    if isinstance(content, str):
        return content
    texts: list[str] = []
    for part in as_list(content) or [None]:
        text = (as_object(part) or {}).get("text")
        if (as_object(part) or {}).get("type") != "text" or not isinstance(text, str):
            raise DataError(f"{path} is not text only; a prompt has no place for it, leave out the row")
        texts.append(text)
    return "".join(texts)


def as_preference(prompt: object, chosen: object, rejected: object) -> Row:
    """Return a prompt and two answers, each a text or a list of messages, as a preference.

    Where both answers repeat the conversation before them, as some collections do, it is taken off; without a prompt,
    it is the prompt.

    Raises:
        DataError: one of them is neither, or both answers are the same.
    """
    outputs = [_messages(answer, "assistant", name) for name, answer in (("chosen", chosen), ("rejected", rejected))]
    shared = outputs[0][:-1]
    asked = _messages(prompt, "user", "prompt") if prompt is not None or not shared else shared
    if all(len(output) > len(asked) and output[: len(asked)] == asked for output in outputs):
        outputs = [output[len(asked) :] for output in outputs]
    if outputs[0] == outputs[1]:
        raise DataError("both answers are the same, so that there is nothing to prefer; leave out the row")
    for output in outputs:
        if len(output) != 1 or (as_object(output[0]) or {}).get("role") != "assistant":
            raise DataError("an answer is one message of the assistant; leave out what comes before and after it")
    return {"input": {"messages": asked}, "preferred_output": outputs[0], "non_preferred_output": outputs[1]}


def _messages(value: object, role: str, name: str) -> list[object]:
    if isinstance(value, str) and value.strip():
        return [{"role": role, "content": value}]
    if messages := as_list(value):
        return messages
    what = "empty" if isinstance(value, str | list) else f"a JSON {json_type(value)}"
    raise DataError(f"{name} is {what}; write a text, or a list of messages")


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        what = f"is a JSON {json_type(value)}, not text" if name in row else "is missing"
        raise DataError(f"{name} {what}; write it as text")
    return value


def _refuse_further(row: Row, names: Sequence[str]) -> None:
    further = [key for key, value in row.items() if key not in names and value is not None]
    if further:
        raise DataError(f"{excerpt(further[0])} has no place in the other format; leave it out first")
