"""The rooms: which may know which, and how large a file and a function may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "openft"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)

FACE = {"face", "data", "analysis", "display", "errors", "types", "_version"}
"""What stands on the client: the names of openft itself, and the rooms that a user may import."""
MAY_KNOW: dict[str, set[str]] = {
    "face": {
        "_core",
        "config",
        "_async",
        "_sync",
        "_version",
        "archive",
        "capture",
        "data",
        "errors",
        "testing",
        "types",
    },
    "__main__": {"cli", "errors"},
    "_version": set(),
    "errors": set(),
    "display": set(),
    "config": {"errors"},
    "types": {"display", "errors"},
    "data": {"display", "errors", "types"},
    "analysis": {"types", "display", "errors"},
    "_core": {"types", "errors", "config", "shutdowns", "_version"},
    "_runtime": {"_core", "config", "types", "errors"},
    "_async": {"_runtime", "_core", "config", "types", "data", "errors"},
    "_sync": {"_runtime", "_core", "config", "types", "data", "errors"},
    "quickstart": FACE,
    "crew": set(),
    "patience": {"errors"},
    "shutdowns": set(),
    "archive": {*FACE, "crew", "patience", "shutdowns"},
    "capture": {*FACE, "crew", "patience"},
    "integrations": FACE,
    "testing": {*FACE, "config"},
    "cli": {*FACE, "quickstart", "archive", "capture", "integrations", "config", "server"},
    "server": {"types", "data", "errors", "_version"},
}
"""DESIGN: imports point one way. What ``errors`` and ``config`` name of types is for type checkers only."""
ROOMS: dict[str, set[str]] = {
    "torch": {"server"},
    "transformers": {"server"},
    "starlette": {"server"},
    "uvicorn": {"server"},
    "sqlalchemy": {"server"},
    "wandb": {"integrations"},
    "typer": {"cli"},
    "rich": {"cli"},
    "httpx": {"_runtime", "testing/transport.py"},
    "httpcore": {"_runtime"},
}
"""Who may name a package at module level; anyone may for type checkers."""
TYPING_ONLY = {("errors", "types"), ("config", "types")}


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "face" if parts == ("__init__",) else parts[0]


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def walk(node: ast.AST, *, typing: bool = True, functions: bool = True) -> Iterator[str]:
    """Yield what is imported, on request without what is for type checkers or within functions."""
    yield from imported(node)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not functions:
            continue
        if is_type_checking(child) and not typing:
            assert isinstance(child, ast.If)
            for other in child.orelse:
                yield from walk(other, typing=typing, functions=functions)
            continue
        yield from walk(child, typing=typing, functions=functions)


def rooms_named(names: Iterator[str]) -> set[str]:
    rooms = set()
    for name in names:
        parts = name.split(".")
        if parts[0] == "openft" and len(parts) > 1:
            rooms.add(parts[1] if (PACKAGE / parts[1]).is_dir() or (PACKAGE / f"{parts[1]}.py").exists() else "face")
    return rooms


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())


@by_file
def test_imports_point_one_way(path: Path) -> None:
    room = room_of(path)
    named = rooms_named(walk(tree_of(path), typing=False))
    # `from openft import x` names the face and, where x is a room, that room
    assert named - {room, "face" if "face" not in MAY_KNOW[room] else room} <= MAY_KNOW[room]
    for_types = rooms_named(walk(tree_of(path)))
    allowed = MAY_KNOW[room] | {room, "face"} | {target for origin, target in TYPING_ONLY if origin == room}
    assert for_types <= allowed


@by_file
def test_heavy_packages_stay_in_their_rooms(path: Path) -> None:
    place = path.relative_to(PACKAGE).as_posix()
    named = {name.split(".")[0] for name in walk(tree_of(path), typing=False, functions=False)}
    for package in named & ROOMS.keys():
        assert ROOMS[package] & {place.split("/")[0], place}, f"{place} names {package}"


def test_only_the_engine_names_torch() -> None:
    naming = {
        path for path in FILES if {"torch", "transformers"} & {name.split(".")[0] for name in walk(tree_of(path))}
    }
    assert naming
    assert {path.parent.name for path in naming} == {"engine"}


@by_file
def test_a_file_has_at_most_300_lines_and_says_what_it_is_for(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300
    assert ast.get_docstring(tree_of(path))


@by_file
def test_a_function_has_fewer_than_40_lines(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = first[-1].end_lineno - first[0].lineno + 1 if first and first[-1].end_lineno else 0
            assert lines < 40, f"{node.name} has {lines} lines"


def test_a_rule_for_every_room() -> None:
    assert {room_of(path) for path in FILES} <= MAY_KNOW.keys()
