"""``/v1/models``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from openft.testing import legacy
from openft.testing.asking import deleted
from openft.testing.http import Asked, Refusal, Wire
from openft.testing.routes.table import Route

if TYPE_CHECKING:
    from openft.testing.world import World


def listing(world: World, asked: Asked) -> Wire:
    """Return all models that can be used, bases first."""
    return legacy.listing(_all(world))


def _all(world: World) -> Iterator[Wire]:
    for name in world.bases:
        yield legacy.model(name, world.started, "openft")
    for model in world.models.values():
        if model.listed:
            yield legacy.model(model.name, model.created_at, world.organization)


def retrieve(world: World, asked: Asked, name: str) -> Wire:
    """Return one model."""
    world.known_model(name)
    model = world.models.get(name)
    if model is None:
        return legacy.model(name, world.started, "openft")
    return legacy.model(name, model.created_at, world.organization)


def delete(world: World, asked: Asked, name: str) -> Wire:
    """Delete a fine-tuned model; its job stays."""
    world.known_model(name)
    if name not in world.models:
        raise Refusal(400, f"{name} is a base model; only fine-tuned models can be deleted", param="model")
    del world.models[name]
    return deleted("model", name)


ROUTES = (
    Route("GET", "/models", listing),
    Route("GET", "/models/*", retrieve),
    Route("DELETE", "/models/*", delete),
)
