"""The keywords of a chat completion, written once for both forms of ``create``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from openft._core.options import RequestOptions


class ChatOptions(RequestOptions, total=False):
    """What an answer to a conversation can be asked; left out or None means the server's default."""

    audio: Mapping[str, object] | None
    """Voice and format of a spoken answer; goes with ``modalities``."""
    frequency_penalty: float | None
    """-2 to 2."""
    function_call: str | Mapping[str, object] | None
    """The older form of ``tool_choice``."""
    functions: Iterable[Mapping[str, object]] | None
    """The older form of ``tools``."""
    logit_bias: Mapping[str, int] | None
    """Token id to a bias of -100 to 100."""
    logprobs: bool | None
    """Whether to tell the log-probability of each token."""
    max_completion_tokens: int | None
    """Tokens to generate at most, those of thinking included."""
    max_tokens: int | None
    """The older form of ``max_completion_tokens``; what many hosts know alone."""
    metadata: Mapping[str, str] | None
    """Up to 16 words of your own, by which stored answers are found."""
    modalities: Sequence[str] | None
    """``text``, ``audio`` or both."""
    moderation: Mapping[str, object] | None
    n: int | None
    """Answers (1)."""
    parallel_tool_calls: bool | None
    """Whether one message may call several tools."""
    prediction: Mapping[str, object] | None
    """What the answer will be for the most part, which makes it faster."""
    presence_penalty: float | None
    """-2 to 2."""
    prompt_cache_key: str | None
    prompt_cache_options: Mapping[str, object] | None
    prompt_cache_retention: str | None
    """``in_memory`` or ``24h``."""
    reasoning_effort: str | None
    """``none``, ``minimal``, ``low``, ``medium``, ``high``, ``xhigh`` or ``max``."""
    response_format: Mapping[str, object] | None
    """``{"type": "json_schema", "json_schema": …}`` makes the answer fit it."""
    safety_identifier: str | None
    """Names the end user to the host, hashed."""
    seed: int | None
    """The same seed and request give the same answer, as far as the host can."""
    service_tier: str | None
    """``auto``, ``default``, ``flex``, ``scale``, ``priority`` or ``fast``."""
    stop: str | Sequence[str] | None
    """Up to four sequences before which the answer ends."""
    store: bool | None
    """Whether the host keeps the answer."""
    stream_options: Mapping[str, bool] | None
    """``{"include_usage": True}`` ends a stream with its usage."""
    temperature: float | None
    """0 (always the likeliest token) to 2 (1)."""
    tool_choice: str | Mapping[str, object] | None
    """``none``, ``auto``, ``required``, or the one tool to call."""
    tools: Iterable[Mapping[str, object]] | None
    """What the model may call."""
    top_logprobs: int | None
    """0 to 20 likely tokens at each place; goes with ``logprobs``."""
    top_p: float | None
    """Sample from the likeliest tokens that have this probability together (1)."""
    user: str | None
    """Names the end user to the host; newer hosts ask for ``safety_identifier``."""
    verbosity: str | None
    """``low``, ``medium`` or ``high``."""
    web_search_options: Mapping[str, object] | None
