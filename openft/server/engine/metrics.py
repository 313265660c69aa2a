"""Definitions of the classification metrics, on plain numbers; scikit-learn's where both define one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

DEFAULT_BETAS = (1.0,)
THRESHOLD = 0.5  # a row counts as positive above it


def binary_names(betas: Sequence[float] | None) -> list[str]:
    """Return the names of the metrics of a two-class problem."""
    return [
        "accuracy",
        "precision",
        "recall",
        "auroc",
        "auprc",
        *(f"f{float(beta)}" for beta in betas or DEFAULT_BETAS),
    ]


def multiclass_names() -> list[str]:
    """Return the names of the metrics of a problem with more classes."""
    return ["accuracy", "weighted_f1_score"]


def binary(truth: Sequence[bool], scores: Sequence[float], betas: Sequence[float] | None) -> dict[str, float]:
    """Return the metrics of a two-class problem; one that is not defined (only one class occurs) is left out.

    Args:
        truth: Whether each row is of the positive class.
        scores: The probability that it is, by the model.
        betas: The betas of the F-beta scores.
    """
    said = [score > THRESHOLD for score in scores]
    hits = sum(yes and right for yes, right in zip(said, truth, strict=True))
    precision, recall = _ratio(hits, sum(said)), _ratio(hits, sum(truth))
    found = {
        "accuracy": _ratio(sum(map(bool.__eq__, said, truth)), len(truth)),
        "precision": precision,
        "recall": recall,
    }
    if 0 < sum(truth) < len(truth):
        found |= {"auroc": auroc(truth, scores), "auprc": average_precision(truth, scores)}
    return found | {f"f{float(beta)}": f_beta(precision, recall, beta) for beta in betas or DEFAULT_BETAS}


def multiclass(truth: Sequence[str], said: Sequence[str]) -> dict[str, float]:
    """Return accuracy and the F1 scores' mean, weighted by how often each class truly occurs."""
    hits = Counter(right for right, answer in zip(truth, said, strict=True) if right == answer)
    true, named = Counter(truth), Counter(said)
    weighted = sum(count * _ratio(2 * hits[label], count + named[label]) for label, count in true.items())
    return {"accuracy": _ratio(hits.total(), len(truth)), "weighted_f1_score": _ratio(weighted, len(truth))}


def f_beta(precision: float, recall: float, beta: float) -> float:
    """Return (1 + b²)PR / (b²P + R), 0 where both are 0."""
    return _ratio((1 + beta**2) * precision * recall, beta**2 * precision + recall)


def auroc(truth: Sequence[bool], scores: Sequence[float]) -> float:
    """Return the chance that a positive row scores above a negative one, a tie being half (Mann and Whitney's U)."""
    wins, below = 0.0, 0
    for positives, negatives in _groups(truth, scores, rising=True):
        wins += positives * (below + negatives / 2)
        below += negatives
    return wins / (below * (len(truth) - below))


def average_precision(truth: Sequence[bool], scores: Sequence[float]) -> float:
    """Return the area under precision over recall, in steps at each distinct score."""
    area, hits, rows, positives = 0.0, 0, 0, sum(truth)
    for found, missed in _groups(truth, scores, rising=False):
        hits, rows = hits + found, rows + found + missed
        area += found / positives * hits / rows
    return area


def _groups(truth: Sequence[bool], scores: Sequence[float], *, rising: bool) -> list[tuple[int, int]]:
    """Count positive and negative rows at each distinct score, in the order of the scores."""
    counts: dict[float, tuple[int, int]] = {}
    for right, score in zip(truth, scores, strict=True):
        positives, negatives = counts.get(score, (0, 0))
        counts[score] = (positives + right, negatives + (not right))
    return [counts[score] for score in sorted(counts, reverse=not rising)]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
