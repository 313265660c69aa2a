"""One question to the host: what is sent, under which key its answer is kept, and what came back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from openft.capture.cache import Answer
from openft.capture.questions import Api, Question, said
from openft.data.checks.paths import as_list, as_object
from openft.errors import APIError, APIResponseValidationError, BadRequestError, NotFoundError, UnprocessableEntityError

if TYPE_CHECKING:
    from openft import Client

_NO = re.compile("unsupported|not (supported|available|allowed)")
"""How hosts without codes for it refuse a parameter; one that is too large is refused in other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What every question is asked with."""

    max_tokens: int | None = None
    temperature: float | None = 0
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    logprobs: int | None = None
    """Likely tokens at each place beside the chosen one; None for no log-probabilities."""
    seed: int | None = None
    extra: Mapping[str, object] = field(default_factory=dict[str, object])
    """Further fields of the body."""

    @property
    def sampled(self) -> bool:
        """Whether the same question may have another answer each time."""
        return self.temperature != 0 and self.seed is None

    def fields(self, api: Api, refused: frozenset[str] = frozenset()) -> dict[str, object]:
        """Return the body's fields beside model and question, without what the host refuses."""
        found: dict[str, object] = {"temperature": self.temperature, "top_p": self.top_p, "seed": self.seed}
        found["stop"] = list(self.stop) or None
        if api == "completions":
            found |= {"max_tokens": self.max_tokens, "logprobs": self.logprobs}
        else:
            longest = "max_completion_tokens" if "max_tokens" in refused else "max_tokens"
            found |= {longest: self.max_tokens, "logprobs": True if self.logprobs is not None else None}
            found["top_logprobs"] = self.logprobs or None
        dropped = {name for name in refused if name != "max_tokens"}
        if "logprobs" in dropped:
            dropped.add("top_logprobs")
        return {name: value for name, value in found.items() if value is not None and name not in dropped} | {
            **self.extra
        }


def key_of(model: str, question: Question, fields: Mapping[str, object], sample: int) -> bytes:
    """Return what an answer is kept under: the digest of model, question and parameters.

    Args:
        model: who is asked.
        question: what is asked.
        fields: the parameters.
        sample: which one of several answers to the same question it is, counted from 0.
    """
    asked = {"api": question.api, "model": model, "asked": question.asked, "parameters": fields, "sample": sample}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).digest()


def ask(client: Client, model: str, question: Question, fields: Mapping[str, object]) -> Answer:
    """Return a model's answer as it stands in the output.

    Raises:
        APIError: there is none.
    """
    body = {**question.asked, **fields}
    if question.api == "completions":
        prompt = str(body.pop("prompt"))
        told = client.completions.create(model=model, prompt=prompt, extra_body=body).to_dict()
    else:
        messages = [one for one in map(as_object, as_list(body.pop("messages")) or []) if one is not None]
        told = client.chat.completions.create(model=model, messages=messages, extra_body=body).to_dict()
    choice = next((one for one in map(as_object, as_list(told.get("choices")) or []) if one is not None), None)
    if choice is None:
        raise APIResponseValidationError("the answer has no choices; the host has said nothing", body=told)
    message = as_object(choice.get("message"))
    answer: Answer = {"answer": choice.get("text") if message is None else said(message)}
    if message is not None and message.keys() & {"tool_calls", "function_call", "refusal"}:
        answer["message"] = message
    answer |= {"finish_reason": choice.get("finish_reason"), "logprobs": choice.get("logprobs")}
    answer |= {name: told.get(name) for name in ("usage", "id", "system_fingerprint")}
    answer |= {"model": told.get("model") or model, "api": question.api, "parameters": dict(fields)}
    return {**answer, "when": datetime.now(UTC).isoformat(timespec="seconds")}


def refused_field(error: APIError, fields: Mapping[str, object]) -> str | None:
    """Return the parameter that a host has refused and that an answer can do without, None for any other error.

    A guess, which holds once the host answers without it: prompts are quoted in messages too.
    """
    if not isinstance(error, BadRequestError | UnprocessableEntityError):
        return None
    words = error.message.lower()
    if "max_tokens" in fields and "max_completion_tokens" in words:
        return "max_tokens"
    by_code = str(error.code).startswith("unsupported")
    by_words = error.code is None and _NO.search(words) is not None
    named = error.param in ("logprobs", "top_logprobs") or (error.param is None and "logprobs" in words)
    if "logprobs" in fields and named and (by_code or by_words):
        return "logprobs"
    return "temperature" if "temperature" in fields and error.param == "temperature" and by_code else None


def other_api(error: APIError, api: Api) -> Api | None:
    """Return where a model answers instead, as far as a host says so."""
    if not isinstance(error, NotFoundError | BadRequestError):
        return None
    words = error.message.lower()
    if api == "completions" and ("chat/completions" in words or "a chat model" in words):
        return "chat"
    return "completions" if api == "chat" and "not a chat model" in words else None
