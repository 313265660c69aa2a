"""Graders: what rewards an answer in reinforcement training, tried out before a job is started."""

from __future__ import annotations

from typing import Any

from openft.types._answer import Answer


class GraderRunMetadata(Answer):
    """How a reward came about."""

    name: str = ""
    type: str = ""
    errors: dict[str, Any] = {}
    """Flags by the kind of error, and what the host says of it."""
    execution_time: float | None = None
    """Seconds."""
    scores: dict[str, Any] = {}
    """Of each grader of a multi grader."""
    token_usage: int | None = None
    sampled_model_name: str | None = None


class GraderRun(Answer):
    """What a grader says of one answer."""

    reward: float | None = None
    metadata: GraderRunMetadata = GraderRunMetadata()
    sub_rewards: dict[str, Any] = {}
    model_grader_token_usage_per_model: dict[str, Any] = {}


class GraderValidation(Answer):
    """A grader that the host accepts, as it has understood it."""

    grader: dict[str, Any] = {}
