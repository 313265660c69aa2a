"""The training loop weighs, hides, measures and learns as it says."""

from __future__ import annotations

import itertools

import pytest
import torch

from openft.server.engine.bases import LoadedModel
from openft.server.engine.dataset import IGNORE, Example, collate
from openft.server.engine.training import (
    accuracies,
    derive_seed,
    loss_weights,
    make_optimizer,
    rate_at,
    total_steps,
    train,
)
from openft.server.jobspec import Hyperparameters

END = 0
ROWS = [Example(1, [5, 6, 7], [8, END], "x"), Example(2, [5, 6], [9, END], "y")] * 4


def settings(**given: object) -> Hyperparameters:
    chosen = {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 0.05, "prompt_loss_weight": 0.0, **given}
    return Hyperparameters.model_validate(chosen)


def test_prompts_without_weight_are_not_in_the_loss() -> None:
    batch = collate(ROWS)
    assert torch.equal(loss_weights(batch, 0.0) > 0, batch.completion)


def test_a_small_prompt_weight_is_met_on_average() -> None:
    torch.manual_seed(0)
    batch = collate([Example(1, [5] * 2000, [8, END], "x")] * 20)
    weights = loss_weights(batch, 0.01)
    prompts = (batch.targets != IGNORE) & ~batch.completion
    assert float(weights[prompts].mean()) == pytest.approx(0.01, rel=0.1)
    assert int((weights[prompts] > 0).sum()) < 0.15 * int(prompts.sum())


def test_a_large_prompt_weight_is_met_everywhere() -> None:
    batch = collate(ROWS)
    prompts = (batch.targets != IGNORE) & ~batch.completion
    assert set(loss_weights(batch, 0.5)[prompts].tolist()) == {0.5}
    assert set(loss_weights(batch, 0.5)[batch.completion].tolist()) == {1.0}
    assert set(loss_weights(batch, 0.5)[batch.targets == IGNORE].tolist()) == {0.0}


def test_the_loss_is_that_of_the_whole_model(loaded: LoadedModel) -> None:
    batch = collate(ROWS[:2])
    with torch.no_grad():
        logits = loaded.model(input_ids=batch.inputs).logits
    expected = torch.nn.functional.cross_entropy(logits[batch.completion], batch.targets[batch.completion])
    [step] = train(loaded, make_optimizer(loaded.model), ROWS[:2], settings(n_epochs=1), seed=1)
    assert step.loss == pytest.approx(float(expected), rel=1e-5)


def test_the_rate_rises_and_falls_linearly() -> None:
    rates = [rate_at(step, 100) for step in range(1, 101)]
    assert max(rates) == 1.0
    assert rates == sorted(rates[:10]) + sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(1 / 91)


def test_one_step_has_a_rate() -> None:
    assert rate_at(1, 1) == 1.0


def test_the_guides_example_of_accuracies() -> None:
    rows = [Example(1, [7], [*completion, 99], "x") for completion in ([1, 2], [0, 5], [4, 2])]
    predicted = torch.tensor([1, 1, 99, 0, 5, 99, 4, 2, 1])  # the last end is wrong, which does not count
    assert accuracies(collate(rows), predicted, end=99) == pytest.approx((2 / 3, 5 / 6))


def test_seeds_depend_on_every_part() -> None:
    seeds = {derive_seed(*parts) for parts in itertools.product(range(5), repeat=3)}
    assert len(seeds) == 125


def test_steps_count_a_last_batch_that_is_not_full() -> None:
    assert total_steps(9, settings()) == 6


def test_steps_know_where_they_stand(loaded: LoadedModel) -> None:
    steps = list(train(loaded, make_optimizer(loaded.model), ROWS[:6], settings(), seed=1))
    assert [(step.number, step.epoch, step.ends_epoch) for step in steps] == [
        (1, 1, False),
        (2, 1, True),
        (3, 2, False),
        (4, 2, True),
    ]
    assert sum(step.examples for step in steps) == 12
    assert sum(step.tokens for step in steps) == 2 * (3 * 5 + 3 * 4)


def test_a_model_learns_two_rows_by_heart(loaded: LoadedModel) -> None:
    steps = list(train(loaded, make_optimizer(loaded.model), ROWS, settings(n_epochs=50), seed=1))
    assert steps[-1].loss < 0.1 < steps[0].loss
    assert (steps[-1].sequence_accuracy, steps[-1].token_accuracy) == (1.0, 1.0)
