"""The state file of an upload in parts: a new process goes on with what it says."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from threading import Lock
from time import time

from pydantic import ValidationError

from openft._core.parts import Begun, Plan
from openft.errors import ConfigError, DataError

LARGEST = 32 * 1024 * 1024
"""Bytes of a state; what is larger is somebody's file."""


class Memory:
    """What is kept of an upload at work; nothing where there is no path for it."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._turn = Lock()

    @property
    def place(self) -> str | None:
        """The path as the caller would write it."""
        return None if self.path is None else str(self.path)

    def recall(self, plan: Plan) -> Begun | None:
        """Return the upload that has been begun for a plan, None where there is none or its time is over.

        Raises:
            ConfigError: the path leads to something else, which is not to be overwritten.
            DataError: it cannot be read.
        """
        if self.path is None:
            return None
        try:
            with self.path.open("rb") as file:
                begun = Begun.model_validate_json(file.read(LARGEST))
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise DataError(f"cannot be read: {problem.strerror}", file=str(self.path)) from problem
        except ValidationError:
            text = f"{self.path} is not the state of an upload; pass another path as resume=, or delete it"
            raise ConfigError(text) from None
        over = begun.expires_at is not None and begun.expires_at <= time()
        return None if over or begun.plan != plan else begun

    def note(self, begun: Begun, number: int, part_id: str) -> None:
        """Take in that the host has a part."""
        with self._turn:
            begun.part_ids[number] = part_id
            self._write(begun)

    def keep(self, begun: Begun) -> None:
        """Write down that an upload has been begun.

        Raises:
            DataError: the file cannot be written.
        """
        with self._turn:
            self._write(begun)

    def forget(self) -> None:
        """Remove the file; the upload has come to its end."""
        if self.path is not None:
            with suppress(OSError):  # the file on the host is what was wanted
                self.path.unlink()

    def _write(self, begun: Begun) -> None:
        """Put the new state in the old one's place; whenever the process is killed, one of them is there in full."""
        if self.path is None:
            return
        partial = self.path.with_name(f".openft-{secrets.token_hex(8)}.part")
        try:
            try:
                partial.touch(0o600, exist_ok=False)
                with partial.open("wb") as file:
                    file.write(begun.model_dump_json().encode())
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(self.path)
            finally:
                partial.unlink(missing_ok=True)
        except OSError as problem:
            raise DataError(f"cannot be written: {problem.strerror}", file=str(self.path)) from problem
