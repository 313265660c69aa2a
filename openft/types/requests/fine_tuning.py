"""The bodies of today's job API (source: OpenAI API description 2.3.0)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from openft.types.requests._body import Body

Auto: TypeAlias = Literal["auto"]
BatchSize: TypeAlias = Auto | Annotated[int, Field(ge=1, le=256)]
Multiplier: TypeAlias = Auto | Annotated[float, Field(gt=0, allow_inf_nan=False)]
Epochs: TypeAlias = Auto | Annotated[int, Field(ge=1, le=50)]
Metadata: TypeAlias = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
]


class SupervisedHyperparameters(Body):
    """What training on good answers can be told."""

    batch_size: BatchSize = "auto"
    learning_rate_multiplier: Multiplier = "auto"
    n_epochs: Epochs = "auto"


class DpoHyperparameters(SupervisedHyperparameters):
    """What training on preferences can be told."""

    beta: Auto | Annotated[float, Field(gt=0, le=2, allow_inf_nan=False)] = "auto"


class ReinforcementHyperparameters(SupervisedHyperparameters):
    """What training by a grader can be told."""

    reasoning_effort: Literal["default", "low", "medium", "high"] = "default"
    compute_multiplier: Auto | Annotated[float, Field(gt=0.00001, le=10, allow_inf_nan=False)] = "auto"
    eval_interval: Auto | Annotated[int, Field(ge=1)] = "auto"
    eval_samples: Auto | Annotated[int, Field(ge=1)] = "auto"


class SupervisedMethod(Body):
    """Training on good answers."""

    hyperparameters: SupervisedHyperparameters = SupervisedHyperparameters()


class DpoMethod(Body):
    """Training on preferences."""

    hyperparameters: DpoHyperparameters = DpoHyperparameters()


class ReinforcementMethod(Body):
    """Training by a grader."""

    grader: dict[str, Any]
    hyperparameters: ReinforcementHyperparameters = ReinforcementHyperparameters()
    response_format: dict[str, Any] | None = None


class Method(Body):
    """How to train; only the entry that ``type`` names counts."""

    type: Literal["supervised", "dpo", "reinforcement"]
    supervised: SupervisedMethod | None = None
    dpo: DpoMethod | None = None
    reinforcement: ReinforcementMethod | None = None

    @model_validator(mode="after")
    def _has_a_grader(self) -> Method:
        if self.type == "reinforcement" and self.reinforcement is None:
            raise PydanticCustomError("no_grader", "reinforcement needs a grader")
        return self


class WandbIntegration(Body):
    """Where Weights & Biases should show the job."""

    project: str = Field(min_length=1)
    name: str | None = None
    entity: str | None = None
    tags: list[Annotated[str, Field(max_length=64)]] | None = Field(default=None, max_length=50)


class Integration(Body):
    """Another service that is told of the job."""

    type: Literal["wandb"]
    wandb: WandbIntegration


class FineTuningJobCreate(Body):
    """What ``POST /fine_tuning/jobs`` takes."""

    model: str = Field(min_length=1)
    training_file: str = Field(min_length=1)
    """Id of a file uploaded with purpose ``fine-tune``."""
    validation_file: str | None = None
    hyperparameters: SupervisedHyperparameters | None = None
    """An older place for what ``method`` says."""
    method: Method | None = None
    """None trains on good answers."""
    suffix: str | None = Field(default=None, min_length=1, max_length=64)
    integrations: list[Integration] | None = Field(default=None, max_length=5)
    seed: int | None = Field(default=None, ge=0, le=2147483647)
    metadata: Metadata | None = None
    """Up to 16 pairs; keys of up to 64 characters, values of up to 512."""


class PermissionsCreate(Body):
    """What ``POST /fine_tuning/checkpoints/{checkpoint}/permissions`` takes."""

    project_ids: list[str] = Field(min_length=1)


class GraderValidate(Body):
    """What ``POST /fine_tuning/alpha/graders/validate`` takes."""

    grader: dict[str, Any]


class GraderRun(Body):
    """What ``POST /fine_tuning/alpha/graders/run`` takes."""

    grader: dict[str, Any]
    model_sample: str
    """What the model answered."""
    item: object = None
    """What templates call ``item``."""
