"""A row as a record of its kind, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import cast

from pydantic import ValidationError

from openft.data.rows import (
    MAX_MESSAGES,
    OLD_NAMES,
    ROLES,
    SHOWN,
    Kind,
    Row,
    excerpt,
    is_shallow,
    json_head,
    json_type,
    kind_of,
    modern,
    too_deep,
)
from openft.errors import DataError
from openft.types.records import (
    ChatExample,
    ChatMessage,
    PreferenceExample,
    PromptCompletion,
    ReinforcementExample,
    TrainingRecord,
)

_MODELS: dict[Kind, type[ChatExample] | type[PreferenceExample] | type[ReinforcementExample]] = {
    "chat": ChatExample,
    "preference": PreferenceExample,
    "reinforcement": ReinforcementExample,
}
_CONVERSATIONS = ("messages", *OLD_NAMES, *OLD_NAMES.values())


def to_record(row: Row, kind: Kind | None = None) -> TrainingRecord:
    """Return the row as a record of its kind.

    Raises:
        DataError: it is not a correct record; the text names the key.
    """
    kind = kind or kind_of(row)
    if kind == "prompt_completion":
        return _prompt_completion(row)
    if not is_shallow(row):
        raise too_deep(json_head(row))
    _refuse_many(row)
    try:
        record = _MODELS[kind].model_validate(modern(row))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{where}: {first['msg'].lower()} (read as a {kind} row: {json_head(row)})") from error
    for where, messages in _conversations(record):
        _refuse_roles(where, messages)
    return record


def _refuse_many(row: Row) -> None:
    asked = row.get("input")
    found = [row.get(key) for key in _CONVERSATIONS]
    if isinstance(asked, dict):
        found.append(cast("Row", asked).get("messages"))
    if any(isinstance(each, list) and len(cast("list[object]", each)) > MAX_MESSAGES for each in found):
        raise DataError(f"more than {MAX_MESSAGES:,} messages: {json_head(row)}; make several rows of them")


def _conversations(
    record: ChatExample | PreferenceExample | ReinforcementExample,
) -> Iterator[tuple[str, list[ChatMessage]]]:
    """Yield the messages of a record, with the key that they stand under."""
    if isinstance(record, PreferenceExample):
        yield "input.messages", record.input.messages
        yield "preferred_output", record.preferred_output
        yield "non_preferred_output", record.non_preferred_output
    else:
        yield "messages", record.messages


def _refuse_roles(where: str, messages: list[ChatMessage]) -> None:
    """Raise DataError if somebody speaks whom no host knows, as under a misspelt role."""
    for number, message in enumerate(messages):
        if message.role not in ROLES:
            near = get_close_matches(message.role[:SHOWN].lower(), ROLES, n=1)
            known = repr(near[0]) if near else f"{', '.join(ROLES[:-1])} or {ROLES[-1]}"
            raise DataError(f"{where}.{number}.role is '{excerpt(message.role)}'; write {known}")


def _prompt_completion(row: Row) -> PromptCompletion:
    for key in ("prompt", "completion"):
        if key not in row:
            raise DataError(f'{key} is missing: {json_head(row)}; write {{"prompt": …, "completion": …}}')
        if not isinstance(row[key], str):
            raise DataError(f"{key} is a JSON {json_type(row[key])}, not text: {json_head(row)}; put it in quotes")
    if not row["completion"]:
        raise DataError(f"completion is empty: {json_head(row)}; there is nothing to learn, remove the row")
    extra = ", ".join(excerpt(str(key)) for key in row if key not in {"prompt", "completion"})
    if extra:
        raise DataError(f"unexpected {extra} beside prompt and completion: {json_head(row)}; remove it")
    return PromptCompletion.model_construct(prompt=row["prompt"], completion=row["completion"])
