"""A job's validation file: a glance at one batch while it trains, the whole at the end of each epoch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from openft.server.engine.bases import LoadedModel
from openft.server.engine.dataset import Example
from openft.server.engine.evaluation import Classifier, Measured, label_problem, measure
from openft.server.engine.events import EventLog
from openft.server.engine.examples import read_fitting
from openft.server.engine.failures import JobFailure
from openft.server.engine.results import Row
from openft.server.jobspec import JobSpec


class Validation:
    """What is measured beside the training; nothing where a job has no validation file."""

    def __init__(self, spec: JobSpec, loaded: LoadedModel, training: list[Example], log: EventLog) -> None:
        """Read the validation file and check the labels.

        Raises:
            JobFailure: The file is unusable, or its labels are not those that the job names.
        """
        self._loaded = loaded
        self._batch_size = spec.hyperparameters.batch_size
        self.examples: list[Example] = []
        if spec.validation_file is not None:
            self.examples = read_fitting(Path(spec.validation_file), loaded, log, "validation")
        self.classifier: Classifier | None = None
        if spec.hyperparameters.compute_classification_metrics:
            self.classifier = self._classifier(spec, training)

    @property
    def names(self) -> list[str]:
        """The classification metrics that will be measured."""
        return self.classifier.names if self.classifier else []

    def glance(self, step: int) -> Row:
        """Return the measurements on one batch, the next at each call with a higher step."""
        if not self.examples:
            return {}
        start = step * self._batch_size
        count = min(self._batch_size, len(self.examples))
        rows = [self.examples[place % len(self.examples)] for place in range(start, start + count)]
        found = measure(self._loaded, rows, lambda: None)
        return {
            "validation_loss": found.loss,
            "validation_sequence_accuracy": found.sequence_accuracy,
            "validation_token_accuracy": found.token_accuracy,
        }

    def whole(self, check: Callable[[], None]) -> Measured | None:
        """Return the measurements on the whole file; ``check`` is called often and may raise."""
        return measure(self._loaded, self.examples, check) if self.examples else None

    def classes(self, check: Callable[[], None]) -> Row:
        """Return the classification metrics on the whole file; ``check`` is called often and may raise."""
        if self.classifier is None:
            return {}
        found = self.classifier.measure(self.examples, check)
        return {f"classification/{name}": value for name, value in found.items()}

    def _classifier(self, spec: JobSpec, training: list[Example]) -> Classifier:
        if not self.examples:
            message = "classification metrics need a validation file; give validation_file"
            raise JobFailure(message, code="invalid_validation_file", param="validation_file")
        known, seen = {example.label for example in training}, {example.label for example in self.examples}
        if problem := label_problem(spec.hyperparameters, known, seen):
            message, param = problem
            raise JobFailure(message, code="invalid_training_file", param=param)
        return Classifier(spec.hyperparameters, sorted(known | seen), self._loaded)
