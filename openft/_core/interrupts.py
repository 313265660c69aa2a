"""How a Ctrl-C while waiting is told: without the way through the client, which tells nobody anything."""

from __future__ import annotations


class Curtly:
    """A context in which a KeyboardInterrupt loses the frames below; raising it anew would add one."""

    def __enter__(self) -> None:
        """Begin to wait."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Let go of the frames."""
        if isinstance(error, KeyboardInterrupt):
            error.__cause__ = None
            error.__traceback__ = None
