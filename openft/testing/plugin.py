"""The pytest fixture; what it needs is imported when a test asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from openft.testing import FakeAPI


@pytest.fixture
def openft_api() -> FakeAPI:
    """A fine-tuning API in memory, fresh for each test."""
    from openft.testing import FakeAPI

    return FakeAPI()
