"""``/v1/fine_tuning/alpha/graders``: what an answer is worth."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, cast

from openft.testing.asking import parse
from openft.testing.http import Asked, Refusal, Wire
from openft.testing.routes.table import Route
from openft.types.requests import GraderRun, GraderValidate

if TYPE_CHECKING:
    from openft.testing.world import World

_TEMPLATE = re.compile(r"{{\s*([\w.]+)\s*}}")
FIELDS: dict[str, tuple[str, ...]] = {
    "string_check": ("name", "input", "reference", "operation"),
    "text_similarity": ("name", "input", "reference", "evaluation_metric"),
    "python": ("name", "source"),
    "score_model": ("name", "model", "input"),
    "label_model": ("name", "model", "input", "labels", "passing_labels"),
    "multi": ("name", "graders", "calculate_output"),
}
"""What each kind of grader has to have."""
CHECKS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda text, wanted: text == wanted,
    "ne": lambda text, wanted: text != wanted,
    "like": lambda text, wanted: wanted in text,
    "ilike": lambda text, wanted: wanted.lower() in text.lower(),
}
FLAGS = (
    *("formula_parse_error", "sample_parse_error", "truncated_observation_error", "unresponsive_reward_error"),
    *("invalid_variable_error", "other_error", "python_grader_server_error", "python_grader_runtime_error"),
    *("model_grader_server_error", "model_grader_refusal_error", "model_grader_parse_error"),
)
DETAILS = (
    *("python_grader_server_error_type", "python_grader_runtime_error_details", "model_grader_server_error_details"),
)


def validate(world: World, asked: Asked) -> Wire:
    """Return the grader if it is whole."""
    grader = parse(GraderValidate, asked.body).grader
    _check(grader)
    return {"grader": grader}


def run(world: World, asked: Asked) -> Wire:
    """Return what an answer is worth."""
    body = parse(GraderRun, asked.body)
    _check(body.grader)
    reward, broken = _reward(world, body)
    return {
        "reward": reward,
        "metadata": {
            "name": body.grader["name"],
            "type": body.grader["type"],
            "errors": {**dict.fromkeys(FLAGS, False), **dict.fromkeys(DETAILS), **broken},
            "execution_time": 0.0,
            "scores": {},
            "token_usage": None,
            "sampled_model_name": None,
        },
        "sub_rewards": {},
        "model_grader_token_usage_per_model": {},
    }


def _check(grader: Wire) -> None:
    kind = grader.get("type")
    if kind not in FIELDS:
        raise Refusal(400, f"grader: unknown type {kind!r}", param="grader", code="invalid_value")
    for name in FIELDS[kind]:
        if name not in grader:
            raise Refusal(400, f"grader: {name} is missing", param="grader", code="invalid_value")
    if kind == "string_check" and grader["operation"] not in CHECKS:
        raise Refusal(400, f"grader: unknown operation {grader['operation']!r}", param="grader", code="invalid_value")


def _reward(world: World, body: GraderRun) -> tuple[float, Wire]:
    """Return the reward, and the error flags that are up."""
    grader = body.grader
    if world.grade is not None:
        return float(world.grade(grader, body.item, body.model_sample)), {}
    if grader["type"] != "string_check" and grader.get("evaluation_metric") != "fuzzy_match":
        message = "grader: this API compares texts only; say with grade_with what others give"
        raise Refusal(400, message, param="grader", code="invalid_value")
    try:
        text, wanted = (_filled(grader[name], body) for name in ("input", "reference"))
    except (KeyError, TypeError):
        return 0.0, {"invalid_variable_error": True}
    except ValueError:
        return 0.0, {"sample_parse_error": True}
    if grader["type"] == "string_check":
        return float(CHECKS[grader["operation"]](text, wanted)), {}
    return SequenceMatcher(None, text, wanted).ratio(), {}


def _filled(template: str, body: GraderRun) -> str:
    """Return a template's text.

    Raises:
        KeyError: it names what is not there; a TypeError, where it is no part of anything.
        ValueError: it looks into an answer that is not JSON.
    """
    return _TEMPLATE.sub(lambda found: str(_looked_up(found[1].split("."), body)), template)


def _looked_up(names: list[str], body: GraderRun) -> object:
    if names == ["sample", "output_text"]:
        return body.model_sample
    value: Any = body.item
    if names[:2] == ["sample", "output_json"]:
        value, names = json.loads(body.model_sample), names[1:]
    elif names[0] != "item":
        raise KeyError(names[0])
    for name in names[1:]:
        value = cast("Mapping[str, Any]", value)[name]
    return value


ROUTES = (
    Route("POST", "/fine_tuning/alpha/graders/run", run),
    Route("POST", "/fine_tuning/alpha/graders/validate", validate),
)
