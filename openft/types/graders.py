"""Graders: what rewards an answer in reinforcement training."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import Discriminator, Tag

from openft.types._answer import Answer


def _how(graders: object) -> str | None:
    """Return how several graders are sent."""
    match graders:
        case None:
            return "none"
        case dict():
            return "one" if isinstance(cast("dict[str, object]", graders).get("type"), str) else "named"
        case list():
            return "listed"
        case _:
            return "one"


class GraderAudio(Answer):
    """Speech in a message."""

    data: str = ""
    """Base64."""
    format: str = ""
    """``mp3`` or ``wav``."""


class GraderPart(Answer):
    """A part of a message. One type stands for all kinds; what another kind has is None."""

    type: str = "input_text"
    """``input_text``, ``output_text``, ``input_image`` or ``input_audio``."""
    text: str | None = None
    image_url: str | None = None
    detail: str | None = None
    """How closely to look at the image: ``high``, ``low`` or ``auto``."""
    input_audio: GraderAudio | None = None
    prompt_cache_breakpoint: dict[str, Any] | None = None


class GraderMessage(Answer):
    """A message to the model that grades, with templates in it."""

    role: str = "user"
    content: str | GraderPart | list[str | GraderPart] = ""
    """Text, a part, or several of both."""
    type: str | None = None


class GraderSampling(Answer):
    """How the model that grades is asked."""

    max_completions_tokens: int | None = None
    reasoning_effort: str | None = None
    seed: int | None = None
    temperature: float | None = None
    top_p: float | None = None


class Grader(Answer):
    """What rewards an answer. One type stands for all kinds; what another kind has is None."""

    type: str = ""
    """``string_check``, ``text_similarity``, ``python``, ``score_model``, ``label_model`` or ``multi``."""
    name: str = ""
    input: str | list[GraderMessage] | None = None
    """The text to look at, with templates in it; the messages to a model that grades."""
    reference: str | None = None
    """What a text is compared with."""
    operation: str | None = None
    """Of a string check: ``eq``, ``ne``, ``like`` or ``ilike``."""
    evaluation_metric: str | None = None
    """Of a text similarity: ``fuzzy_match``, ``bleu``, ``rouge_l`` and others."""
    source: str | None = None
    """Python, with a function ``grade(sample, item)``."""
    image_tag: str | None = None
    """Of the container that Python runs in."""
    model: str | None = None
    """The model that grades."""
    range: list[float] | None = None
    """The lowest and the highest score."""
    sampling_params: GraderSampling | None = None
    labels: list[str] | None = None
    """What a model may answer."""
    passing_labels: list[str] | None = None
    """Which of these are good."""
    graders: Annotated[
        Annotated[dict[str, Grader], Tag("named")]
        | Annotated[list[Grader], Tag("listed")]
        | Annotated[Grader, Tag("one")]
        | Annotated[None, Tag("none")],
        Discriminator(_how),
    ] = None
    """Of a multi grader; hosts send them by name, as a list, or a single one."""
    calculate_output: str | None = None
    """The formula that makes one reward of those."""
