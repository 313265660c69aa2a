"""Whether an object that is there is what was asked for, as far as its host tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from openft._core.answer import as_mapping
from openft.types import File, FineTune, FineTuningJob

DATE = re.compile(r"-(\d{4}|\d{8}|\d{4}-\d\d-\d\d)")
"""What hosts put behind the name of a model: ``-0613``, ``-2024-07-18``."""
TOLD = ("validation_file", "suffix", "integrations")
"""What a job only has where it was asked for; many hosts tell it back."""
COMPARED = ("training_file", "validation_file", "seed", "suffix", "method")
"""What must be the same where both sides say it."""


def fits(asked: Mapping[str, Any], thing: FineTuningJob | FineTune | File) -> bool:
    """Return whether nothing that the host tells of the object contradicts what was asked for, and nothing else."""
    match thing:
        case FineTuningJob():
            return job_fits({**dict.fromkeys(TOLD), **asked}, thing)
        case FineTune():
            return _fine_tune_fits(asked, thing)
        case _:
            told = {"filename": thing.filename, "bytes": thing.bytes, "purpose": thing.purpose}
            return all(told[name] == value for name, value in asked.items() if name in told)


def job_fits(asked: Mapping[str, Any], job: FineTuningJob) -> bool:
    """Return the same of a job; fields that are missing in ``asked`` are not known yet, those that are None are empty.

    What hosts choose where it is left out, such as numbers of epochs and seeds, only counts where it was asked for.
    """
    told = job.to_dict()
    extra = job.model_extra or {}
    if "user_provided_suffix" in extra:
        told["suffix"] = extra["user_provided_suffix"]
    return (
        same_model(asked.get("model"), job.model)
        and all(_empty(asked[name]) == _empty(told[name]) for name in TOLD if name in asked and name in told)
        and all(agrees(asked.get(name), told.get(name)) for name in COMPARED)
        and _kind(asked) == _kind(told)
        and agrees(_numbers(asked), _numbers(told))
        and as_mapping(asked.get("metadata")) == job.metadata
    )


def _empty(value: object) -> bool:
    return value is None or value == "" or value == []


def _kind(fields: Mapping[str, Any]) -> str:
    """Return the kind of training, which is supervised where nobody says otherwise."""
    return str(as_mapping(fields.get("method")).get("type") or "supervised")


def _fine_tune_fits(asked: Mapping[str, Any], job: FineTune) -> bool:
    training, validation = (
        next((file.id for file in files), None) for files in (job.training_files, job.validation_files)
    )
    told = job.hyperparams.to_dict()
    return (
        same_model(asked.get("model"), job.model)
        and (asked.get("training_file"), asked.get("validation_file")) == (training, validation)
        and all(agrees(asked[name], told[name]) for name in told.keys() & asked.keys())
    )


def _numbers(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the hyperparameters, wherever they stand."""
    method = as_mapping(fields.get("method"))
    within = as_mapping(as_mapping(method.get(str(method.get("type")))).get("hyperparameters"))
    return {**within, **as_mapping(fields.get("hyperparameters"))}


def agrees(asked: object, told: object) -> bool:
    """Return whether what is told may be what was asked for: what either side leaves open does not contradict."""
    if asked in (None, "auto") or told in (None, "auto"):
        return True
    if isinstance(asked, Mapping):
        fields = as_mapping(told)
        return all(agrees(value, fields.get(name)) for name, value in cast("Mapping[str, object]", asked).items())
    return asked == told


def same_model(asked: object, told: str) -> bool:
    """Return whether a host may call the model that was asked for so: many add a date to the name, and nothing else."""
    return not isinstance(asked, str) or told == asked or DATE.fullmatch(told.removeprefix(asked)) is not None
