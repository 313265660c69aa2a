"""Graders: what rewards an answer in reinforcement training, tried out before a job is started."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import Discriminator, Field, Tag

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


class GraderErrors(Answer):
    """What went wrong while grading; where all is False, nothing did."""

    formula_parse_error: bool = False
    invalid_variable_error: bool = False
    model_grader_parse_error: bool = False
    model_grader_refusal_error: bool = False
    model_grader_server_error: bool = False
    model_grader_server_error_details: str | None = None
    other_error: bool = False
    python_grader_runtime_error: bool = False
    python_grader_runtime_error_details: str | None = None
    python_grader_server_error: bool = False
    python_grader_server_error_type: str | None = None
    sample_parse_error: bool = False
    truncated_observation_error: bool = False
    unresponsive_reward_error: bool = False

    @property
    def api_model_grader_parse_error(self) -> bool:
        """The official client's name of model_grader_parse_error."""
        return self.model_grader_parse_error

    @property
    def api_model_grader_refusal_error(self) -> bool:
        """The official client's name of model_grader_refusal_error."""
        return self.model_grader_refusal_error

    @property
    def api_model_grader_server_error(self) -> bool:
        """The official client's name of model_grader_server_error."""
        return self.model_grader_server_error

    @property
    def api_model_grader_server_error_details(self) -> str | None:
        """The official client's name of model_grader_server_error_details."""
        return self.model_grader_server_error_details


class GraderRunMetadata(Answer):
    """How a reward came about."""

    name: str = ""
    type: str = ""
    errors: GraderErrors = Field(default_factory=GraderErrors)
    execution_time: float | None = None
    """Seconds."""
    scores: dict[str, Any] = {}
    """Of each grader of a multi grader."""
    token_usage: int | dict[str, Any] | None = None
    """What grading by a model took: hosts send a number, or numbers by kind."""
    sampled_model_name: str | None = None


class GraderRun(Answer):
    """What a grader says of one answer."""

    reward: float | None = None
    metadata: GraderRunMetadata = Field(default_factory=GraderRunMetadata)
    sub_rewards: dict[str, Any] = {}
    """Of each grader of a multi grader."""
    model_grader_token_usage_per_model: dict[str, Any] = {}

    @property
    def api_model_grader_token_usage_per_model(self) -> dict[str, Any]:
        """The official client's name of model_grader_token_usage_per_model."""
        return self.model_grader_token_usage_per_model


class GraderValidation(Answer):
    """A grader that the host accepts, as it has understood it."""

    grader: Grader | None = None
