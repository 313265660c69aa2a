"""The classification metrics are scikit-learn's, with their gaps defined."""

from __future__ import annotations

import random

import pytest
from sklearn import metrics as reference

from openft.server.engine.metrics import auroc, average_precision, binary, binary_names, multiclass, multiclass_names


def draw(seed: int, ties: bool) -> tuple[list[bool], list[float]]:
    chance = random.Random(seed)
    truth = [True, False, *(chance.random() < 0.3 for _ in range(60))]
    scores = [round(min(1, max(0, chance.gauss(0.4 + 0.2 * right, 0.3))), 1 if ties else 9) for right in truth]
    return truth, scores


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_two_classes_agree_with_scikit_learn(seed: int, ties: bool) -> None:
    truth, scores = draw(seed, ties)
    said = [score > 0.5 for score in scores]
    assert binary(truth, scores, [0.5, 1.0, 2.0]) == pytest.approx(
        {
            "accuracy": reference.accuracy_score(truth, said),
            "precision": reference.precision_score(truth, said),
            "recall": reference.recall_score(truth, said),
            "auroc": reference.roc_auc_score(truth, scores),
            "auprc": reference.average_precision_score(truth, scores),
            "f0.5": reference.fbeta_score(truth, said, beta=0.5),
            "f1.0": reference.f1_score(truth, said),
            "f2.0": reference.fbeta_score(truth, said, beta=2),
        }
    )


@pytest.mark.parametrize("seed", range(5))
def test_more_classes_agree_with_scikit_learn(seed: int) -> None:
    chance = random.Random(seed)
    truth = chance.choices([" a", " b", " c"], [5, 3, 1], k=80)
    said = [label if chance.random() < 0.6 else chance.choice([" a", " b", " d"]) for label in truth]
    assert multiclass(truth, said) == pytest.approx(
        {
            "accuracy": reference.accuracy_score(truth, said),
            "weighted_f1_score": reference.f1_score(truth, said, average="weighted", zero_division=0),
        }
    )


def test_nothing_over_nothing_is_0() -> None:
    found = binary([True, False], [0.1, 0.2], None)
    assert (found["precision"], found["recall"], found["f1.0"]) == (0, 0, 0)


def test_a_tie_is_half_a_win() -> None:
    assert auroc([True, False], [0.5, 0.5]) == 0.5
    assert average_precision([True, False], [0.5, 0.5]) == 0.5


def test_a_half_is_not_positive() -> None:
    assert binary([True, False], [0.5, 0.5], None)["recall"] == 0


def test_curves_of_one_class_are_undefined() -> None:
    assert "auroc" not in binary([True, True], [0.9, 0.2], None)
    assert "auprc" not in binary([False, False], [0.9, 0.2], None)


def test_the_columns_are_those_of_the_guide() -> None:
    assert binary_names(None) == ["accuracy", "precision", "recall", "auroc", "auprc", "f1.0"]
    assert binary_names([0.5, 2])[-2:] == ["f0.5", "f2.0"]
    assert multiclass_names() == ["accuracy", "weighted_f1_score"]
