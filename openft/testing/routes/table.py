"""From a method and a path to what answers it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeAlias

from pydantic import BaseModel

from openft.testing.asking import parse
from openft.testing.http import Answer, Asked, Refusal, Wire

if TYPE_CHECKING:
    from openft.testing.world import World

Handler: TypeAlias = Callable[..., Wire | Answer]
"""Called with the world, the request and the segments that the pattern leaves open."""
ANY = "*"


@dataclass(frozen=True)
class Route:
    """A method and a path; ``*`` stands for one segment, whatever is in it."""

    method: str
    path: str
    handler: Handler
    once: bool = False
    """Whether an idempotency key makes it happen only once."""
    body: type[BaseModel] | None = None
    """Of a request whose body counts in that."""

    def open_segments(self, segments: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the segments that the pattern leaves open, None if it is another path."""
        pairs = list(zip(self.path.split("/")[1:], segments, strict=True))
        if any(wanted not in (ANY, given) for wanted, given in pairs):
            return None
        return tuple(given for wanted, given in pairs if wanted == ANY)


@dataclass(frozen=True, slots=True)
class Found:
    """The route of a request, and the segments that it leaves open."""

    route: Route
    parts: tuple[str, ...]

    def fields(self, asked: Asked) -> object:
        """Return what tells this request from another under the same idempotency key.

        Raises:
            Refusal: 400, the body is wrong.
        """
        if self.route.body is not None:
            return parse(self.route.body, asked.body).model_dump(mode="json")
        form = asked.form
        return form.fields, {name: [sent.filename, sent.sha256] for name, sent in form.files.items()}

    def answer(self, world: World, asked: Asked) -> Wire | Answer:
        """Return the answer."""
        return self.route.handler(world, asked, *self.parts)


class Table:
    """All routes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_length: defaultdict[int, list[Route]] = defaultdict(list)
        for route in routes:
            self._by_length[route.path.count("/")].append(route)

    def find(self, asked: Asked) -> Found:
        """Return what answers a request.

        Raises:
            Refusal: 404 or 405, there is nothing.
        """
        found: list[Route] = []
        for route in self._by_length[len(asked.segments)]:
            parts = route.open_segments(asked.segments)
            if parts is not None and route.method == asked.method:
                return Found(route, parts)
            if parts is not None:
                found.append(route)
        if found:
            allowed = ", ".join(route.method for route in found)
            message = f"{asked.method} is not possible on {asked.path}; use {allowed}"
            raise Refusal(405, message, code="method_not_allowed", headers={"allow": allowed})
        message = f"unknown path: {asked.method} {asked.path}; {self.meant(asked.path)}"
        raise Refusal(404, message, code="unknown_path")

    def has(self, path: str) -> bool:
        """Return whether anything answers at a path; of one with ``*`` in it that is not asked."""
        segments = tuple(path.split("/")[1:])
        return "*" in path or any(route.open_segments(segments) is not None for route in self._by_length[len(segments)])

    def meant(self, path: str) -> str:
        """Return what to do about a path that is not known."""
        given = path[:200].split("/")
        paths = [
            "/".join(given[place] if part == ANY else part for place, part in enumerate(route.path.split("/")))
            for length, routes in self._by_length.items()
            for route in routes
            if length == len(given) - 1 or ANY not in route.path
        ]
        near = get_close_matches("/".join(given), paths, n=1, cutoff=0.75)
        return f"did you mean {near[0]}?" if near else "see the base URL, which ends with /v1"
