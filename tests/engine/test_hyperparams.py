"""What a request leaves open is chosen by the documented rules."""

from __future__ import annotations

import subprocess
import sys

import pytest

from openft.server.hyperparams import default_batch_size, default_multiplier, resolve
from openft.types.requests.fine_tunes import FineTuneCreate


@pytest.mark.parametrize(("examples", "batch_size"), [(1, 1), (99, 1), (100, 2), (399, 7), (400, 8), (4000, 8)])
def test_small_sets_have_a_small_batch_but_fifty_steps_an_epoch(examples: int, batch_size: int) -> None:
    assert default_batch_size(examples) == batch_size


@pytest.mark.parametrize(("examples", "batch_size"), [(10_000, 20), (50_000, 100), (128_000, 256), (10**6, 256)])
def test_large_sets_have_two_in_a_thousand(examples: int, batch_size: int) -> None:
    assert default_batch_size(examples) == batch_size


def test_multipliers_grow_with_the_batch() -> None:
    found = [default_multiplier(size) for size in range(1, 257)]
    assert found == sorted(found)
    assert set(found) == {0.05, 0.1, 0.2}


def test_what_a_request_says_is_kept() -> None:
    request = FineTuneCreate(
        training_file="file-1",
        n_epochs=7,
        batch_size=3,
        learning_rate_multiplier=0.5,
        prompt_loss_weight=0.0,
        compute_classification_metrics=True,
        classification_positive_class=" yes",
        classification_betas=[0.5],
    )
    found = resolve(request, examples=1000)
    assert found.model_dump(exclude={"classification_n_classes"}) == request.model_dump(
        exclude={"training_file", "validation_file", "model", "suffix", "classification_n_classes"}
    )


def test_the_multiplier_follows_the_batch_size_that_was_asked_for() -> None:
    request = FineTuneCreate(training_file="file-1", batch_size=200)
    assert resolve(request, examples=10).learning_rate_multiplier == 0.2


def test_the_guides_defaults() -> None:
    found = resolve(FineTuneCreate(training_file="file-1"), examples=100)
    assert (found.n_epochs, found.prompt_loss_weight, found.compute_classification_metrics) == (4, 0.01, False)


def test_resolving_needs_no_torch() -> None:
    code = "import sys, openft.server.hyperparams; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
