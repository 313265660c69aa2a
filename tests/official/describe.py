"""Describe a client's public face as JSON: run by its own Python, ``describe.py openai`` prints that of openai."""

from __future__ import annotations

import inspect
import json
import sys
import typing
from collections.abc import Iterator
from importlib import import_module
from typing import Any

RESOURCES = (
    "files",
    "uploads",
    "uploads.parts",
    "fine_tuning",
    "fine_tuning.jobs",
    "fine_tuning.jobs.checkpoints",
    "fine_tuning.checkpoints.permissions",
    "fine_tuning.alpha.graders",
    "models",
    "completions",
    "chat.completions",
    "webhooks",
)
"""The parts of the official client that openft has, too."""
ANSWERS = {
    "FineTuningJob": ("types.fine_tuning", "FineTuningJob"),
    "FineTuningJobEvent": ("types.fine_tuning", "FineTuningJobEvent"),
    "FineTuningJobCheckpoint": ("types.fine_tuning.jobs", "FineTuningJobCheckpoint"),
    "CheckpointPermission": ("types.fine_tuning.checkpoints", "PermissionListResponse"),
    "CheckpointPermissionDeleted": ("types.fine_tuning.checkpoints", "PermissionDeleteResponse"),
    "GraderRun": ("types.fine_tuning.alpha", "GraderRunResponse"),
    "GraderValidation": ("types.fine_tuning.alpha", "GraderValidateResponse"),
    "File": ("types", "FileObject"),
    "FileDeleted": ("types", "FileDeleted"),
    "Upload": ("types", "Upload"),
    "UploadPart": ("types.uploads", "UploadPart"),
    "Model": ("types", "Model"),
    "ModelDeleted": ("types", "ModelDeleted"),
    "Completion": ("types", "Completion"),
    "ChatCompletion": ("types.chat", "ChatCompletion"),
    "ChatCompletionChunk": ("types.chat", "ChatCompletionChunk"),
    "WebhookEvent": ("types.webhooks", "FineTuningJobSucceededWebhookEvent"),
}
"""Our names of the answers, and where the official ones are."""
OURS_ALONE = ("fine_tunes",)
CLIENTS = {"openai": ("OpenAI", "AsyncOpenAI"), "openft": ("Client", "AsyncClient")}


def at(client: Any, resource: str) -> Any:
    """Return a resource by its dotted name."""
    for name in resource.split("."):
        client = getattr(client, name)
    return client


def keywords(function: Any) -> list[list[Any]]:
    """Return name, kind and whether it must be given, of each parameter, those of a TypedDict included."""
    found = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            (options,) = typing.get_args(eval(parameter.annotation, function.__globals__))
            found += [[key, "keyword", key in options.__required_keys__] for key in options.__annotations__]
        elif name != "self":
            kind = "keyword" if parameter.kind is parameter.KEYWORD_ONLY else "positional"
            found.append([name, kind, parameter.default is parameter.empty])
    return found


def methods(resource: Any) -> dict[str, list[list[Any]]]:
    """Return the parameters of a resource's public methods."""
    public = [name for name in dir(type(resource)) if not name.startswith(("_", "with_"))]
    return {
        name: keywords(getattr(type(resource), name))
        for name in public
        if inspect.isfunction(getattr(type(resource), name))
    }


def models_in(annotation: Any) -> Iterator[Any]:
    """Yield the models that a field may have."""
    if inspect.isclass(annotation) and hasattr(annotation, "model_fields"):
        yield annotation
    for part in typing.get_args(annotation):
        yield from models_in(part)


def attributes(model: Any, above: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Return the attributes of a model, and of the models within it."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        within = found.setdefault(name, {})
        for inner in models_in(field.annotation):
            if above.count(inner) < 2 and len(above) < 8:
                within.update(attributes(inner, (*above, inner)))
    for name in dir(model):
        if isinstance(inspect.getattr_static(model, name), property) and not name.startswith(("_", "model_")):
            found[name] = {}
    return found


def error_classes(module: Any) -> dict[str, Any]:
    """Return the bases of the public error classes."""
    classes = {name: getattr(module, name) for name in module.__all__}
    return {
        name: [base.__name__ for base in value.__mro__[1:] if base is not object]
        for name, value in classes.items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }


def described(name: str) -> dict[str, Any]:
    """Return what there is of a client."""
    module = import_module(name)
    faces = {}
    for face in CLIENTS[name]:
        client = getattr(module, face)(api_key="sk-x")
        resources = (*RESOURCES, *(OURS_ALONE if name == "openft" else ()))
        faces[face] = {
            "resources": {resource: methods(at(client, resource)) for resource in resources},
            "init": keywords(getattr(module, face).__init__),
            "with_options": keywords(getattr(module, face).with_options),
            "attributes": sorted(attribute for attribute in dir(client) if not attribute.startswith("_")),
        }
    answers = {}
    for ours, (home, official) in ANSWERS.items():
        kind = getattr(import_module(f"{name}.{home}"), official) if name == "openai" else getattr(module.types, ours)
        answers[ours] = attributes(kind, (kind,))
    return {
        "version": module.__version__,
        "faces": faces,
        "answers": answers,
        "errors": error_classes(module),
        "error_attributes": error_attributes(module),
        "pages": pages(name),
    }


def error_attributes(module: Any) -> list[str]:
    """Return what an error answer of the server can be asked."""
    kind = module.NotFoundError
    told = {name for base in kind.__mro__ for name in inspect.get_annotations(base)}
    return sorted(vars(kind("no")) if module.__name__ == "openft" else told)


def pages(name: str) -> list[str]:
    """Return the public attributes of a page of a list."""
    if name == "openai":
        kind = import_module("openai.pagination").SyncCursorPage
        inherited = set(dir(import_module("openai").BaseModel))
        return sorted({*kind.model_fields, *(n for n in set(dir(kind)) - inherited if not n.startswith("_"))})
    kind = import_module("openft._sync.pager").Pager
    return sorted(name for name in dir(kind) if not name.startswith("_"))


if __name__ == "__main__":
    print(json.dumps(described(sys.argv[1])))
