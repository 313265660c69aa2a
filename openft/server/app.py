"""Puts the server together."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Unpack

import anyio
from starlette.types import Receive, Scope, Send

from openft.server.auth import Keys
from openft.server.home import Home
from openft.server.http.gateway import Gateway
from openft.server.idempotency import Desk
from openft.server.inference import Inference
from openft.server.jobs import upkeep
from openft.server.jobs.executor import SubprocessExecutor
from openft.server.limits import Gate
from openft.server.routes.completions import Completions
from openft.server.routes.events import Events
from openft.server.routes.files import Files
from openft.server.routes.fine_tunes import FineTunes
from openft.server.routes.models import Models
from openft.server.runner import Runner
from openft.server.service import Service
from openft.server.settings import Choices, Settings
from openft.server.world import World


def create_app(
    data_dir: str | Path, *, api_keys: Iterable[str], member_keys: Iterable[str] = (), **choices: Unpack[Choices]
) -> App:
    """Return the server as an ASGI application; it begins to work at the lifespan's start.

    Args:
        data_dir: where everything is kept; one server at a time.
        api_keys: owners' keys; at least one.
        member_keys: keys that may do everything but delete models.
        choices: the other fields of openft.server.Settings.
    """
    return App(Settings(data_dir=Path(data_dir), api_keys=tuple(api_keys), member_keys=tuple(member_keys), **choices))


class App:
    """An ASGI application with a queue of jobs behind it."""

    def __init__(self, settings: Settings, home: Home | None = None) -> None:
        self.instance: str = secrets.token_hex(16)
        """Tells this server from every other; told by ``/healthz`` and in ``server.json``."""
        self._settings = settings
        self._keys = Keys(settings.api_keys, settings.member_keys)
        self._home = home or Home(settings.data_dir)
        self._world: World | None = None
        self._service: Service | None = None
        self._gateway: Gateway | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or start and stop."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and self._gateway:
            await self._gateway(scope, receive, send)
        else:
            raise RuntimeError(f"cannot serve {scope['type']}; run the app with lifespan on, and over HTTP")

    def open(self) -> World:
        """Make the data directory ready; the lifespan does it too, where errors are harder to see.

        Raises:
            ServeError: it cannot be used.
        """
        if self._world is None:
            self._home.open()
            world = World.of(self._settings, self._home)
            try:
                world.database.open()
                upkeep.clean(self._home, world.database)
            except BaseException:
                world.database.close()
                self._home.close()
                raise
            self._world = world
        return self._world

    def close_streams(self) -> None:
        """End all event streams, so that a server that is stopping need not wait for them."""
        if self._service:
            self._service.world.changes.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._service = await self._start()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stop(self._service)
        await send({"type": "lifespan.shutdown.complete"})

    async def _start(self) -> Service:
        settings = self._settings
        world = await anyio.to_thread.run_sync(self.open)
        service = Service(
            world=world,
            runner=Runner(world, SubprocessExecutor(settings.worker_command)),
            inference=Inference(settings.inference_command, self._home.inference_log, settings.load_wait),
            desk=Desk(),
            uploads=Gate(settings.max_uploads, "uploads"),
            completions=Gate(settings.max_completions, "completions"),
        )
        rooms = (Files(service), FineTunes(service), Events(service), Models(service), Completions(service))
        routes = [route for room in rooms for route in room.routes()]
        self._gateway = Gateway(self._keys, settings.organization, self.instance, routes)
        world.changes.attach()
        service.runner.start()
        return service

    async def _stop(self, service: Service) -> None:
        service.world.changes.close()
        await service.inference.close()
        await anyio.to_thread.run_sync(service.runner.stop)
        service.world.changes.detach()
        service.world.database.close()
        self._home.server_json.unlink(missing_ok=True)  # while the folder is still ours: the next server writes its own
        self._home.close()
        self._world = None
