"""A running server's parts, as the routes see them."""

from __future__ import annotations

from dataclasses import dataclass

from openft.server.idempotency import Desk
from openft.server.inference import Inference
from openft.server.limits import Gate
from openft.server.runner import Runner
from openft.server.world import World


@dataclass(frozen=True)
class Service:
    """What is kept, and what works on it."""

    world: World
    runner: Runner
    inference: Inference
    desk: Desk
    uploads: Gate
    completions: Gate
