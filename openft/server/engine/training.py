"""The training loop: full fine-tuning on completions, exactly repeatable from any step."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import AdamW, Optimizer
from transformers import PreTrainedModel

from openft.server.engine.bases import LoadedModel, output_head
from openft.server.engine.dataset import IGNORE, Batch, Example, collate, epoch_batches
from openft.server.jobspec import Hyperparameters

WEIGHT_DECAY = 0.1
BETAS = (0.9, 0.98)
CLIP = 1.0
WARM_UP = 0.1  # share of all steps
PROMPT_SHARE = 10.0  # a prompt token is in the loss with probability PROMPT_SHARE x prompt_loss_weight


@dataclass(frozen=True)
class Step:
    """What one step found, before it changed the weights, and where it stands."""

    number: int
    """Counted from 1."""
    epoch: int
    """Counted from 1."""
    ends_epoch: bool
    tokens: int
    examples: int
    loss: float
    """Mean over the completions' tokens, their end included."""
    sequence_accuracy: float
    token_accuracy: float


def total_steps(examples: int, settings: Hyperparameters) -> int:
    """Return how many steps a job has."""
    return settings.n_epochs * math.ceil(examples / settings.batch_size)


def train(
    loaded: LoadedModel,
    optimizer: Optimizer,
    examples: list[Example],
    settings: Hyperparameters,
    seed: int,
    done: int = 0,
) -> Iterator[Step]:
    """Train step by step, yielding after each; ``done`` steps are skipped, being in the weights already.

    Order and chance of a step follow from (seed, epoch, step) alone, which makes a resumed job exact to the bit.
    """
    model, step, total = loaded.model, 0, total_steps(len(examples), settings)
    highest = loaded.learning_rate * settings.learning_rate_multiplier
    for epoch in range(1, settings.n_epochs + 1):
        batches = epoch_batches(examples, settings.batch_size, f"{seed} {epoch}")
        for place, rows in enumerate(batches, start=1):
            step += 1
            if step <= done:
                continue
            torch.manual_seed(derive_seed(seed, epoch, step))
            batch = collate(rows)
            set_rate(optimizer, highest * rate_at(step, total))

            model.train()
            weights = loss_weights(batch, settings.prompt_loss_weight)  # (B, T)
            counted = weights > 0
            logits = logits_at(model, batch, counted)  # (N, V)
            losses = functional.cross_entropy(logits, batch.targets[counted], reduction="none")  # (N,)
            loss = (losses * weights[counted]).sum() / weights.sum()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()

            own = batch.completion[counted]  # (N,)
            right = accuracies(batch, logits.detach()[own].argmax(-1), loaded.codec.end)
            place_in_job = step, epoch, place == len(batches)
            yield Step(*place_in_job, batch.tokens, len(rows), float(losses.detach()[own].mean()), *right)


def logits_at(model: PreTrainedModel, batch: Batch, places: Tensor) -> Tensor:
    """Return the logits (N, V) at the places (B, T) that are true: the output head runs nowhere else."""
    hidden = model.base_model(input_ids=batch.inputs).last_hidden_state  # (B, T, C)
    logits: Tensor = output_head(model)(hidden[places]).float()
    return logits


def make_optimizer(model: PreTrainedModel) -> AdamW:
    """Return the optimizer; gains and other vectors are not decayed."""
    matrices = [weight for weight in model.parameters() if weight.dim() > 1]
    vectors = [weight for weight in model.parameters() if weight.dim() < 2]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}]
    return AdamW(groups, lr=0.0, betas=BETAS, fused=True)


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Let the optimizer go on with this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def rate_at(step: int, total: int) -> float:
    """Return the learning rate of a step (from 1) as a share of the highest: a linear rise, then a linear fall."""
    warm = max(1, round(WARM_UP * total))
    return step / warm if step <= warm else (total - step + 1) / (total - warm + 1)


def derive_seed(*parts: int) -> int:
    """Return a seed that depends on all parts and on nothing else."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:7])


def loss_weights(batch: Batch, prompt_loss_weight: float) -> Tensor:
    """Return each target's weight in the loss (B, T): 1 in completions, 0 in padding.

    Prompt tokens have ``prompt_loss_weight`` on average: a small weight goes to a random part of them and is greater
    there by as much. The gradient's expectation is the same and the output head, most of a small model's work, runs
    over fewer places.
    """
    weights = batch.completion.float()
    if prompt_loss_weight > 0:
        share = min(1.0, PROMPT_SHARE * prompt_loss_weight)
        prompt = (batch.targets != IGNORE) & ~batch.completion & (torch.rand(weights.shape) < share)
        weights = weights.masked_fill(prompt, prompt_loss_weight / share)
    return weights


def accuracies(batch: Batch, predicted: Tensor, end: int) -> tuple[float, float]:
    """Return the share of completions and of completion tokens that were predicted exactly, their end left out.

    Args:
        batch: What was asked.
        predicted: The most likely token (M,) at each place of ``batch.completion``, row by row.
        end: The end-of-text token.
    """
    right = torch.zeros_like(batch.completion)
    right[batch.completion] = predicted == batch.targets[batch.completion]
    asked = batch.completion & (batch.targets != end)
    if not asked.any():
        return 1.0, 1.0
    sequence = (right | ~asked).all(dim=1).float().mean()
    return float(sequence), float(right[asked].float().mean())
