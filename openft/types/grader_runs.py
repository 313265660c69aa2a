"""Graders tried out before a job is started."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from openft.types._answer import Answer
from openft.types.graders import Grader


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
