"""Measures a model on a validation set: loss and accuracies, and classification by the labels' probabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

from openft.server.engine import metrics
from openft.server.engine.bases import LoadedModel
from openft.server.engine.dataset import Example, by_length, collate
from openft.server.engine.reading import Reader
from openft.server.engine.training import accuracies, logits_at
from openft.server.jobspec import Hyperparameters

BATCH_TOKENS = 4096  # padding included; more is no faster on a CPU


@dataclass(frozen=True)
class Measured:
    """How well completions were predicted."""

    loss: float
    sequence_accuracy: float
    token_accuracy: float


def measure(loaded: LoadedModel, examples: list[Example], check: Callable[[], None]) -> Measured:
    """Return the means over examples; ``check`` is called between batches and may raise."""
    losses = sequences = tokens = 0.0
    places = asked = 0
    for rows in by_length(examples, BATCH_TOKENS):
        check()
        batch = collate(rows)
        with torch.inference_mode():
            logits = logits_at(loaded.model.eval(), batch, batch.completion)  # (N, V)
        targets = batch.targets[batch.completion]  # (N,)
        sequence, token = accuracies(batch, logits.argmax(-1), loaded.codec.end)
        own = int((targets != loaded.codec.end).sum())
        losses += float(functional.cross_entropy(logits, targets, reduction="sum"))
        sequences, tokens = sequences + sequence * len(rows), tokens + token * own
        places, asked = places + len(targets), asked + own
    return Measured(losses / places, sequences / len(examples), tokens / asked if asked else 1.0)


class Classifier:
    """Classification metrics over a validation set."""

    def __init__(self, settings: Hyperparameters, labels: list[str], loaded: LoadedModel) -> None:
        """Prepare to choose among labels, given as they stand in the files."""
        self._settings, self._labels, self._loaded = settings, labels, loaded
        self._tokens = loaded.codec.encode_all(labels)
        if any(one != other and other[: len(one)] == one for one in self._tokens for other in self._tokens):
            # where a label begins another, only its end tells them apart
            self._tokens = [[*tokens, loaded.codec.end] for tokens in self._tokens]

    @property
    def names(self) -> list[str]:
        """The metrics that will be measured."""
        if self._settings.classification_positive_class is None:
            return metrics.multiclass_names()
        return metrics.binary_names(self._settings.classification_betas)

    def measure(self, examples: list[Example], check: Callable[[], None]) -> dict[str, float]:
        """Return the metrics over examples; ``check`` is called between batches and may raise."""
        truth: list[str] = []
        chances: list[list[float]] = []
        for rows in by_length(examples, BATCH_TOKENS):
            check()
            truth += [row.label for row in rows]
            chances += self.probabilities([row.prompt for row in rows])
        positive = self._settings.classification_positive_class
        if positive is None:
            return metrics.multiclass(truth, [self._labels[row.index(max(row))] for row in chances])
        place = self._labels.index(positive)
        betas = self._settings.classification_betas
        return metrics.binary([label == positive for label in truth], [row[place] for row in chances], betas)

    def probabilities(self, prompts: list[list[int]]) -> list[list[float]]:
        """Return the labels' probabilities after each prompt: of all their tokens, normalised over the labels."""
        reader = Reader(self._loaded.model, prompts)
        first = reader.last.log_softmax(-1)  # (B, V)
        scores = []
        for tokens in self._tokens:
            score = first[:, tokens[0]]  # (B,)
            if rest := tokens[1:]:
                row = torch.tensor(tokens[:-1]).expand(len(prompts), -1)  # (B, L - 1)
                logprobs = reader.read(row).log_softmax(-1)  # (B, L - 1, V)
                reader.forget(len(rest))
                score = score + logprobs[:, range(len(rest)), rest].sum(-1)
            scores.append(score)
        chances: list[list[float]] = torch.stack(scores, dim=1).softmax(-1).tolist()
        return chances


def label_problem(settings: Hyperparameters, training: set[str], validation: set[str]) -> tuple[str, str] | None:
    """Return what stands against classifying these labels, as a message and the request field at fault."""
    labels, positive = sorted(training | validation), settings.classification_positive_class
    shown = ", ".join(map(repr, labels[:5])) + (f" and {len(labels) - 5} more" if len(labels) > 5 else "")
    if positive is not None:
        if positive not in labels:
            message = f"classification_positive_class {positive!r} never occurs; the completions are {shown}"
            near = next((label for label in labels if label.strip() == positive.strip()), None)
            hint = f": use {near!r}, white space included" if near else "; use one of them"
            return message + hint, "classification_positive_class"
        return None
    if settings.classification_n_classes is None:
        message = "classification metrics need classification_n_classes or classification_positive_class; set one"
        return message, "classification_n_classes"
    if settings.classification_n_classes != len(labels):
        message = f"classification_n_classes is {settings.classification_n_classes} but the files have {len(labels)}"
        return f"{message} classes: {shown}; set it to {len(labels)} or fix the completions", "classification_n_classes"
    return None
