"""Labels are scored over all their tokens, and what does not fit the data is named."""

from __future__ import annotations

import math

import pytest
import torch

from openft.server.engine.bases import LoadedModel
from openft.server.engine.dataset import Example
from openft.server.engine.evaluation import Classifier, label_problem, measure
from openft.server.engine.training import make_optimizer, train
from openft.server.jobspec import Hyperparameters

PROMPTS = [[5, 6, 7], [8], [9, 10, 11, 12, 13]]


def settings(**given: object) -> Hyperparameters:
    chosen = {"n_epochs": 1, "batch_size": 4, "learning_rate_multiplier": 0.05, "prompt_loss_weight": 0.0, **given}
    return Hyperparameters.model_validate(chosen)


def chance(loaded: LoadedModel, prompt: list[int], tokens: list[int]) -> float:
    """Return the probability of tokens after a prompt, from the whole model and without a cache."""
    with torch.no_grad():
        logits = loaded.model(input_ids=torch.tensor([prompt + tokens])).logits[0].log_softmax(-1)
    return math.exp(sum(float(logits[len(prompt) - 1 + place, token]) for place, token in enumerate(tokens)))


@pytest.mark.parametrize("labels", [[" yes", " no"], [" yes", " it is not", " 아마도 그렇다", " maybe so"]])
def test_probabilities_are_those_of_all_the_labels_tokens(loaded: LoadedModel, labels: list[str]) -> None:
    found = Classifier(settings(classification_n_classes=len(labels)), labels, loaded).probabilities(PROMPTS)
    for prompt, row in zip(PROMPTS, found, strict=True):
        expected = [chance(loaded, prompt, loaded.codec.encode(label)) for label in labels]
        assert row == pytest.approx([value / sum(expected) for value in expected], rel=1e-3)


def test_a_label_that_begins_another_is_scored_with_its_end(loaded: LoadedModel) -> None:
    labels = [" no", " no way"]
    found = Classifier(settings(classification_n_classes=2), labels, loaded).probabilities(PROMPTS)
    for prompt, row in zip(PROMPTS, found, strict=True):
        expected = [chance(loaded, prompt, [*loaded.codec.encode(label), loaded.codec.end]) for label in labels]
        assert row == pytest.approx([value / sum(expected) for value in expected], rel=1e-3)


def rows(loaded: LoadedModel) -> list[Example]:
    """Two classes that the first token decides, with labels of several tokens."""
    labels = {5: " 아주 좋다", 6: " 정말 싫다"}
    return [
        Example(line, [first, 7 + line], [*loaded.codec.encode(labels[first]), loaded.codec.end], labels[first])
        for line, first in enumerate([5, 6, 6] * 8)
    ]


@pytest.mark.parametrize("options", [{"classification_n_classes": 2}, {"classification_positive_class": " 아주 좋다"}])
def test_a_trained_model_is_seen_to_classify(loaded: LoadedModel, options: dict[str, object]) -> None:
    examples = rows(loaded)
    for _ in train(loaded, make_optimizer(loaded.model), examples, settings(n_epochs=12), seed=1):
        pass
    classifier = Classifier(settings(**options), sorted({example.label for example in examples}), loaded)
    found = classifier.measure(examples, lambda: None)
    assert list(found) == classifier.names
    assert set(found.values()) == {1.0}


def test_measuring_is_the_mean_over_examples_of_all_lengths(loaded: LoadedModel) -> None:
    examples = rows(loaded)
    found = measure(loaded, examples, lambda: None)
    one_by_one = [measure(loaded, [example], lambda: None) for example in examples]
    lengths = [len(example.completion) for example in examples]
    total = sum(each.loss * length for each, length in zip(one_by_one, lengths, strict=True))
    assert found.loss == pytest.approx(total / sum(lengths), rel=1e-4)
    assert found.sequence_accuracy == pytest.approx(sum(each.sequence_accuracy for each in one_by_one) / len(examples))


def test_a_positive_class_without_its_space_is_pointed_out() -> None:
    problem = label_problem(settings(classification_positive_class="spam"), {" spam", " ham"}, {" ham"})
    assert problem is not None
    message, param = problem
    assert message == (
        "classification_positive_class 'spam' never occurs; the completions are ' ham', ' spam': "
        "use ' spam', white space included"
    )
    assert param == "classification_positive_class"


def test_a_positive_class_that_never_occurs_is_named() -> None:
    problem = label_problem(settings(classification_positive_class=" eggs"), {" spam", " ham"}, set())
    assert problem is not None
    assert problem[0].endswith("the completions are ' ham', ' spam'; use one of them")


def test_a_wrong_number_of_classes_is_corrected() -> None:
    problem = label_problem(settings(classification_n_classes=3), {" a", " b"}, {" b"})
    assert problem == (
        "classification_n_classes is 3 but the files have 2 classes: ' a', ' b'; set it to 2 or fix the completions",
        "classification_n_classes",
    )


def test_neither_classes_nor_positive_class_is_no_classification() -> None:
    problem = label_problem(settings(), {" a", " b"}, set())
    assert problem is not None
    assert problem[1] == "classification_n_classes"


def test_fitting_labels_are_no_problem() -> None:
    assert label_problem(settings(classification_n_classes=2), {" a"}, {" b"}) is None
    assert label_problem(settings(classification_positive_class=" a"), {" a", " b"}, set()) is None
