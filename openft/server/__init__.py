"""The server: the fine-tuning API on the user's own machine (extra `server`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openft.server.app import create_app
    from openft.server.settings import ServeError, Settings

__all__ = ["ServeError", "Settings", "create_app"]

_HOMES = {
    "ServeError": "openft.server.settings",
    "Settings": "openft.server.settings",
    "create_app": "openft.server.app",
}


def __getattr__(name: str) -> object:
    # lazily: the engine's processes import this package too and need neither starlette nor SQLAlchemy
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
