"""A real server on loopback, with scripted children instead of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.running import Running, settings_for


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A server with an owner's key and a member's key."""
    with Running(settings_for(tmp_path / "data")) as running:
        yield running
