"""The API in memory and the real server tell the same story."""

from __future__ import annotations

from pathlib import Path

from openft.testing import FakeAPI
from server.running import OWNER, Running, settings_for
from testing.asking import Raw, raw
from testing.story import tell


def test_the_api_in_memory_and_the_server_tell_the_same_story(tmp_path: Path) -> None:
    api = FakeAPI(api_keys=(OWNER,))
    in_memory = tell(raw(api, key=OWNER), api.advance_to_end)
    with Running(settings_for(tmp_path / "data")) as server:
        real = tell(Raw(server.http), server.finished)
    assert in_memory.keys() == real.keys()
    assert {scene: (in_memory[scene], real[scene]) for scene in real if in_memory[scene] != real[scene]} == {}
