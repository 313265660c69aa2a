"""What today's job API takes as nested arguments, for callers who write them as dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypedDict

Auto = Literal["auto"]


class HyperparametersParam(TypedDict, total=False):
    """The numbers of supervised training; what is left out the host chooses."""

    batch_size: Auto | int
    """1 to 256 examples in one step."""
    learning_rate_multiplier: Auto | float
    n_epochs: Auto | int
    """1 to 50 passes over the training file."""


class DpoHyperparametersParam(HyperparametersParam, total=False):
    """The numbers of preference training."""

    beta: Auto | float
    """Above 0, up to 2: how strongly the model is held to its base."""


class ReinforcementHyperparametersParam(HyperparametersParam, total=False):
    """The numbers of reinforcement training."""

    compute_multiplier: Auto | float
    eval_interval: Auto | int
    """Steps between two evaluations."""
    eval_samples: Auto | int
    reasoning_effort: Literal["default", "low", "medium", "high"]


class SupervisedParam(TypedDict, total=False):
    """Supervised training: the examples are to be repeated."""

    hyperparameters: HyperparametersParam


class DpoParam(TypedDict, total=False):
    """Preference training: of two answers the first is better."""

    hyperparameters: DpoHyperparametersParam


class ReinforcementParam(TypedDict, total=False):
    """Reinforcement training: a grader rewards answers."""

    grader: Required[Mapping[str, object]]
    hyperparameters: ReinforcementHyperparametersParam
    response_format: Mapping[str, object]


class MethodParam(TypedDict, total=False):
    """How to train: ``{"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1}}}``."""

    type: Required[Literal["supervised", "dpo", "reinforcement"]]
    supervised: SupervisedParam
    dpo: DpoParam
    reinforcement: ReinforcementParam


class WandbParam(TypedDict, total=False):
    """Where the host reports metrics to."""

    project: Required[str]
    entity: str | None
    name: str | None
    tags: Sequence[str]


class IntegrationParam(TypedDict):
    """A service that the host reports to."""

    type: Literal["wandb"]
    wandb: WandbParam
