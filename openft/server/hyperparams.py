"""Chooses what a request leaves open; every rule is described in docs/training.md."""

from __future__ import annotations

from openft.server.jobspec import Hyperparameters
from openft.types.requests.fine_tunes import FineTuneCreate

BATCH_SHARE = 0.002
BATCH_FLOOR, BATCH_CEILING = 8, 256
STEPS = 50  # an epoch has no fewer, if need be by batches under the floor


def resolve(request: FineTuneCreate, examples: int) -> Hyperparameters:
    """Return the hyperparameters of a job over so many training examples."""
    batch_size = request.batch_size or default_batch_size(examples)
    return Hyperparameters(
        n_epochs=request.n_epochs,
        batch_size=batch_size,
        learning_rate_multiplier=request.learning_rate_multiplier or default_multiplier(batch_size),
        prompt_loss_weight=request.prompt_loss_weight,
        compute_classification_metrics=request.compute_classification_metrics,
        classification_n_classes=request.classification_n_classes,
        classification_positive_class=request.classification_positive_class,
        classification_betas=request.classification_betas,
    )


def default_batch_size(examples: int) -> int:
    """Return 0.2 % of the examples, at most 256 (source: the 2023 guide), and at least a floor of ours."""
    floor = min(BATCH_FLOOR, max(1, examples // STEPS))
    return min(BATCH_CEILING, max(floor, round(BATCH_SHARE * examples)))


def default_multiplier(batch_size: int) -> float:
    """Return 0.05, 0.1 or 0.2 by the batch size (source: the 2023 guide; the thresholds are ours)."""
    if batch_size < 16:
        return 0.05
    return 0.1 if batch_size < 64 else 0.2
