"""``/v1/fine_tuning/checkpoints/{checkpoint}/permissions``: which projects may use a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openft.testing.asking import deleted, page, parse
from openft.testing.http import Asked, Refusal, Wire
from openft.testing.naming import new_stem
from openft.testing.routes.table import Route
from openft.types.requests import PermissionsCreate

if TYPE_CHECKING:
    from openft.testing.world import World

KIND = "checkpoint.permission"
ORDERS = ("ascending", "descending")


def create(world: World, asked: Asked, checkpoint: str) -> Wire:
    """Let projects use a checkpoint."""
    world.known_model(checkpoint)
    body = parse(PermissionsCreate, asked.body)
    known = world.permissions.setdefault(checkpoint, {})
    made: list[Wire] = []
    for project in body.project_ids:
        permission: Wire = {
            "object": KIND,
            "id": f"cp_{new_stem()}",
            "created_at": int(world.now),
            "project_id": project,
        }
        known[permission["id"]] = permission
        made.append(permission)
    ends = {"first_id": made[0]["id"], "last_id": made[-1]["id"]}
    return {"object": "list", "data": made, "has_more": False, **ends}


def listing(world: World, asked: Asked, checkpoint: str) -> Wire:
    """Return who may use a checkpoint, the newest first unless asked otherwise."""
    world.known_model(checkpoint)
    order, project = asked.query.get("order", "descending"), asked.query.get("project_id")
    if order not in ORDERS:
        raise Refusal(400, f"order: {order!r} is neither ascending nor descending", param="order", code="invalid_value")
    rows = [row for row in world.permissions.get(checkpoint, {}).values() if project in (None, row["project_id"])]
    return page(asked, rows if order == "ascending" else rows[::-1], lambda row: row, default=10, most=10_000)


def delete(world: World, asked: Asked, checkpoint: str, permission_id: str) -> Wire:
    """Take a permission back."""
    if world.permissions.get(checkpoint, {}).pop(permission_id, None) is None:
        raise Refusal(404, f"no such permission: {permission_id}", param="permission_id")
    return deleted(KIND, permission_id)


ROUTES = (
    Route("GET", "/fine_tuning/checkpoints/*/permissions", listing),
    Route("POST", "/fine_tuning/checkpoints/*/permissions", create),
    Route("DELETE", "/fine_tuning/checkpoints/*/permissions/*", delete),
)
