"""The body of ``POST /fine-tunes``."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from openft.types.requests._body import Body


def _each_once(betas: list[float]) -> list[float]:
    if len(set(betas)) < len(betas):
        raise PydanticCustomError("repeated", "each beta may be there once")
    return betas


Beta = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
Betas = Annotated[list[Beta], Field(min_length=1, max_length=16), AfterValidator(_each_once)]


class FineTuneCreate(Body):
    """What a fine-tune can be told (source: OpenAI API description 1.3.0)."""

    training_file: str = Field(min_length=1)
    """Id of a file uploaded with purpose ``fine-tune``."""
    validation_file: str | None = None
    """Id of a second such file, never trained on."""
    model: str = "curie"
    """A base, or a fine-tuned model to continue from."""
    n_epochs: int = Field(default=4, ge=1, le=50)
    batch_size: int | None = Field(default=None, ge=1, le=256)
    """None lets the server choose."""
    learning_rate_multiplier: float | None = Field(default=None, gt=0, le=100, allow_inf_nan=False)
    """None lets the server choose."""
    prompt_loss_weight: float = Field(default=0.01, ge=0, le=1, allow_inf_nan=False)
    compute_classification_metrics: bool = False
    classification_n_classes: int | None = Field(default=None, ge=2, le=10_000)
    classification_positive_class: str | None = Field(default=None, min_length=1)
    classification_betas: Betas | None = None
    """Weights of recall against precision, each from above 0 to 1000."""
    suffix: str | None = Field(default=None, max_length=40)
    """Up to 40 characters for the model's name; empty is the same as none."""
