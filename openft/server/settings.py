"""What can be chosen about a server."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from openft.errors import OpenFTError

EMBEDDED_BASES = ("ada", "babbage", "curie", "davinci")


class ServeError(OpenFTError):
    """The server cannot start; the message is one line for the user."""


class Choices(TypedDict, total=False):
    """The fields of Settings that have defaults, but for keys and address, as keyword arguments."""

    load_wait: float
    max_upload_bytes: int
    max_body_bytes: int
    organization: str
    prices: Mapping[str, float]
    bases: Mapping[str, Path]
    ping_seconds: float
    patience_seconds: float
    workers: int
    max_uploads: int
    max_completions: int
    grace_seconds: float
    poll_seconds: float
    worker_command: tuple[str, ...]
    inference_command: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything a server is told; keys never appear in its repr."""

    data_dir: Path
    """Where everything is kept; made when it is not there."""
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    """Owners' keys."""
    member_keys: tuple[str, ...] = field(default=(), repr=False)
    """Keys that may do everything but delete models."""
    host: str = "127.0.0.1"
    port: int = 8321
    """0 takes any free one."""
    load_wait: float = 30.0
    """Seconds that a request waits for its model before it is told to come back."""
    max_upload_bytes: int = 512 * 1024 * 1024
    max_body_bytes: int = 8 * 1024 * 1024
    """Of any body but an upload."""
    organization: str = "personal"
    """Part of the fine-tuned models' names."""
    prices: Mapping[str, float] = field(default_factory=dict[str, float])
    """Dollars per 1,000 trained tokens, by base."""
    bases: Mapping[str, Path] = field(default_factory=dict[str, Path])
    """Checkpoint folders in Hugging Face's layout that can be trained from, besides the embedded bases."""
    ping_seconds: float = 10.0
    """At most this long is an event stream silent; old clients give up when proxies do."""
    patience_seconds: float = 30.0
    """In each such span, at least 16 KiB of a body have to arrive."""
    workers: int = 1
    """Jobs that run at the same time."""
    max_uploads: int = 8
    max_completions: int = 128
    grace_seconds: float = 30.0
    """How long a worker may take over its last checkpoint before it is killed."""
    poll_seconds: float = 0.1
    """How often the runner looks at its workers."""
    worker_command: tuple[str, ...] = (sys.executable, "-m", "openft.server.engine.worker")
    """Runs one job; the job's folder is appended."""
    inference_command: tuple[str, ...] = (sys.executable, "-m", "openft.server.engine.inference")
    """Answers for all models, over the socket that is its standard input."""
