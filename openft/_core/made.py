"""The ids of what a client's creates have made: a create that has failed has not made those."""

from __future__ import annotations

KEPT = 10_000


class Made:
    """Ids, the last ten thousand of them. Each step is a single operation of Python's, so it needs no lock."""

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}

    def add(self, thing: object) -> None:
        """Note what a create has made."""
        id = getattr(thing, "id", None)
        if isinstance(id, str):
            self._ids[id] = None
            if len(self._ids) > KEPT:
                self._ids.pop(next(iter(self._ids.copy())), None)

    def __contains__(self, id: str) -> bool:
        return id in self._ids
