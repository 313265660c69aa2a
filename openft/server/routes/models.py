"""`/v1/models`."""

from __future__ import annotations

from pathlib import Path

import anyio
from starlette.responses import Response

from openft.server.home import remove
from openft.server.http.gateway import ANY, Call, Route
from openft.server.http.refusal import Refusal, not_found
from openft.server.http.rendering import JsonAnswer, answer
from openft.server.jobs import lifecycle
from openft.server.jobspec import MODEL
from openft.server.service import Service
from openft.server.shapes import legacy
from openft.server.store import jobs, models


class Models:
    """Handlers of the models resource."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._world = service.world

    def routes(self) -> list[Route]:
        """Return where the handlers are found."""
        one = ("v1", "models", ANY)
        return [
            Route("GET", ("v1", "models"), self.list),
            Route("GET", one, self.retrieve),
            Route("DELETE", one, self.delete),
        ]

    async def list(self, call: Call) -> Response:
        """Answer with all models that can be used."""
        return await answer(self._list)

    async def retrieve(self, call: Call) -> Response:
        """Answer with one model."""
        return await answer(self._retrieve, call.parts[0])

    async def delete(self, call: Call) -> Response:
        """Delete a fine-tuned model; only owners may."""
        name = call.parts[0]
        if not call.who.owner:
            raise Refusal(
                403, "members may not delete models; ask for it with an owner's key", code="insufficient_permissions"
            )
        needed, path = await anyio.to_thread.run_sync(self._delete, name)
        self._service.inference.unload(name)
        if not needed:
            await anyio.to_thread.run_sync(remove, (path,))
        return JsonAnswer(legacy.deleted("model", name))

    def _list(self) -> legacy.Wire:
        with self._world.database.read() as connection:
            return legacy.listing(self._world.catalogue.listing(connection))

    def _retrieve(self, name: str) -> legacy.Wire:
        with self._world.database.read() as connection:
            found = self._world.catalogue.entry(connection, name)
        if found is None:
            raise _unknown(name)
        return found

    def _delete(self, name: str) -> tuple[bool, Path]:
        if self._world.catalogue.is_base(name):
            raise Refusal(400, f"{name} is a base model; only fine-tuned models can be deleted", param="model")
        with self._world.database.write() as connection:
            model = models.find(connection, name)
            if model is None:
                raise _unknown(name)
            models.mark_deleted(connection, name, lifecycle.now())
            needed = bool(jobs.using_model(connection, name))
        return needed, self._world.home.job(model.job) / MODEL


def _unknown(name: str) -> Refusal:
    return not_found(f"model: {name}", "GET /v1/models lists all", code="model_not_found", param="model")
