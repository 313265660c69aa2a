"""The job's event log: appended to, read back after a crash, no event ever twice."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from openft.server.jobspec import WorkerEvent


class EventLog:
    """The events of all attempts of a job."""

    def __init__(self, path: Path) -> None:
        """Open the log, cutting what a crash left of a last line."""
        self._file = path.open("ab+")
        self._file.seek(0)
        written = self._file.read()
        whole = written[: written.rfind(b"\n") + 1]
        if len(whole) < len(written):
            self._file.truncate(len(whole))
        self._file.seek(0, os.SEEK_END)
        self._keys = {json.loads(line)["key"] for line in whole.splitlines()}

    def add(
        self,
        key: str,
        message: str,
        *,
        level: Literal["info", "warn", "error"] = "info",
        type: Literal["message", "metrics"] = "message",
        step: int | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """Append an event, unless an earlier attempt already did."""
        if key in self._keys:
            return
        self._keys.add(key)
        event = WorkerEvent(
            key=key, created_at=int(time.time()), level=level, type=type, message=message, step=step, data=data
        )
        self._file.write(event.model_dump_json().encode() + b"\n")
        self._file.flush()

    def sync(self) -> None:
        """Wait until all events are on disk."""
        os.fsync(self._file.fileno())

    def __enter__(self) -> EventLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
