"""Keywords and the bodies that the server parses have the same names, and the same ones must be given."""

from __future__ import annotations

from typing import Any, Required, get_origin, get_type_hints

import pytest
from pydantic import BaseModel

from official.comparing import FACES, OPTIONS, our_face, parameters
from openft.types import params, requests
from openft.types.files import ExpiresAfterParam
from openft.types.requests import fine_tuning as bodies
from openft.types.requests.uploads import ExpiresAfter

CREATES: list[tuple[str, str, type[BaseModel], set[str]]] = [
    ("fine_tuning.jobs", "create", requests.FineTuningJobCreate, set()),
    ("fine_tuning.checkpoints.permissions", "create", requests.PermissionsCreate, {"fine_tuned_model_checkpoint"}),
    ("fine_tuning.alpha.graders", "run", requests.GraderRun, set()),
    ("fine_tuning.alpha.graders", "validate", requests.GraderValidate, set()),
    ("completions", "create", requests.CompletionCreate, set()),
    ("chat.completions", "create", requests.ChatCompletionCreate, set()),
    ("uploads", "create", requests.UploadCreate, set()),
    ("uploads", "complete", requests.UploadComplete, {"upload_id"}),
    ("fine_tunes", "create", requests.FineTuneCreate, set()),
]
"""Resource, call, body, and what stands in the path."""
NESTED: list[tuple[Any, type[BaseModel]]] = [
    (params.HyperparametersParam, bodies.SupervisedHyperparameters),
    (params.DpoHyperparametersParam, bodies.DpoHyperparameters),
    (params.ReinforcementHyperparametersParam, bodies.ReinforcementHyperparameters),
    (params.SupervisedParam, bodies.SupervisedMethod),
    (params.DpoParam, bodies.DpoMethod),
    (params.ReinforcementParam, bodies.ReinforcementMethod),
    (params.MethodParam, bodies.Method),
    (params.IntegrationParam, bodies.Integration),
    (params.WandbParam, bodies.WandbIntegration),
    (ExpiresAfterParam, ExpiresAfter),
]


def needed(body: type[BaseModel]) -> dict[str, bool]:
    return {name: field.is_required() for name, field in body.model_fields.items()}


@pytest.mark.parametrize(("resource", "name", "body", "in_path"), CREATES, ids=lambda value: str(value)[:40])
def test_a_calls_keywords_are_the_fields_of_its_body(
    resource: str, name: str, body: type[BaseModel], in_path: set[str]
) -> None:
    for face in FACES:
        told = parameters(our_face(face), resource, name) or {}
        fields = {key: must for key, (_, must) in told.items() if key not in {*OPTIONS, *in_path}}
        assert fields == needed(body)


@pytest.mark.parametrize(("param", "body"), NESTED, ids=lambda value: value.__name__)
def test_a_nested_dict_has_the_fields_of_its_body(param: Any, body: type[BaseModel]) -> None:
    hints = get_type_hints(param, include_extras=True)
    assert {key: get_origin(hint) is Required or param.__total__ for key, hint in hints.items()} == needed(body)


def test_every_body_is_compared() -> None:
    compared = {body for *_, body, _ in CREATES} | {body for _, body in NESTED}
    told = {getattr(requests, name) for name in requests.__all__}
    assert told <= compared
