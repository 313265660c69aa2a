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
        yield _model(world, name)
    for model in world.models.values():
        if model.listed:
            yield _model(world, model.name)


def _model(world: World, name: str) -> Wire:
    made = world.models.get(name)
    created, owner = (made.created_at, world.organization) if made else (world.started, "openft")
    end = world.shutdown_of(name)
    return legacy.model(name, created, owner) | ({} if end is None else {"shutdown_date": end})


def retrieve(world: World, asked: Asked, name: str) -> Wire:
    """Return one model."""
    world.known_model(name)
    return _model(world, name)


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
