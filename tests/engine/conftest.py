"""Fixtures of the engine's tests: one base, and processes that have torch already."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
import torch

from openft.server.engine import bases
from openft.server.engine.bases import LoadedModel
from openft.server.jobspec import ModelRef


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def ada(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    """The smallest embedded base, made."""
    ref = ModelRef(name="ada", path=str(tmp_path_factory.mktemp("bases") / "ada"), base="ada")
    bases.make("ada", Path(ref.path))
    return ref


@pytest.fixture
def loaded(ada: ModelRef) -> LoadedModel:
    """The smallest embedded base, fresh from disk."""
    return bases.load(ada)


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Where processes come from that need not import torch first."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["openft.server.engine.job"])
    return context
