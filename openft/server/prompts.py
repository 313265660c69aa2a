"""From the body of a completion request to what the inference child is asked."""

from __future__ import annotations

from openft.server.generation import Generate
from openft.server.http.refusal import Refusal
from openft.server.jobspec import ModelRef
from openft.server.naming import new_stem
from openft.types.requests import CompletionCreate

MOST_ANSWERS = 1024
MOST_STOPS = 4
UNSUPPORTED = ("suffix", "presence_penalty", "frequency_penalty", "best_of", "logit_bias", "stream_options")


def generate_request(request: CompletionCreate, model: ModelRef) -> Generate:
    """Return what to ask the child.

    Raises:
        Refusal: 400, a parameter is not supported or out of bounds.
    """
    _refuse_unsupported(request)
    prompts = prompts_of(request)
    if len(prompts) * request.n > MOST_ANSWERS:
        raise Refusal(
            400,
            f"{len(prompts)} prompts times n={request.n} are more than {MOST_ANSWERS} answers; ask for fewer",
            param="n",
        )
    return Generate(
        id=new_stem(),
        model=model,
        prompts=prompts,
        max_tokens=request.max_tokens,
        temperature=request.temperature,
        top_p=request.top_p,
        n=request.n,
        stop=_stops(request),
        logprobs=request.logprobs,
        echo=request.echo,
        seed=request.seed,
        stream=request.stream,
    )


def prompts_of(request: CompletionCreate) -> list[str] | list[list[int]]:
    """Return the prompts as a list of texts, or of lists of token ids."""
    prompt = request.prompt
    if isinstance(prompt, str):
        return [prompt]
    texts = [part for part in prompt if isinstance(part, str)]
    tokens = [part for part in prompt if isinstance(part, int)]
    lists = [part for part in prompt if isinstance(part, list)]
    if not prompt or not all(lists):
        raise Refusal(400, "prompt: a list of prompts, or of token ids, must not be empty", param="prompt")
    if texts:
        return texts
    return [tokens] if tokens else lists


def _refuse_unsupported(request: CompletionCreate) -> None:
    for name in UNSUPPORTED:
        default = CompletionCreate.model_fields[name].default
        value = getattr(request, name)
        if value != default and value not in ("", {}):
            raise Refusal(
                400,
                f"{name} is not supported by this server yet; leave it out",
                param=name,
                code="unsupported_parameter",
            )


def _stops(request: CompletionCreate) -> list[str]:
    stop = request.stop if isinstance(request.stop, list) else [request.stop or ""]
    if len(stop) > MOST_STOPS:
        raise Refusal(400, f"stop: at most {MOST_STOPS} sequences, not {len(stop)}", param="stop")
    return [sequence for sequence in stop if sequence]
