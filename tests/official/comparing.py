"""Two descriptions of clients, and what differs between them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OFFICIAL = ROOT / ".venv-base" / "bin" / "python"
FACES = (("OpenAI", "Client"), ("AsyncOpenAI", "AsyncClient"))
OPTIONS = frozenset({"extra_headers", "extra_query", "extra_body", "timeout", "max_retries", "idempotency_key"})
"""What every call takes, on one side or both."""
INTERNAL = frozenset({"aclose", "transport"})
"""Attributes of our client that are nobody's business here."""


@cache
def described(name: str) -> dict[str, Any]:
    """Return what there is of a client: ``openai`` or ``openft``."""
    if name == "openai":
        assert OFFICIAL.exists(), "openai has an environment of its own; run: make .venv-base/ready"
    python = str(OFFICIAL) if name == "openai" else sys.executable
    command = [python, str(HERE / "describe.py"), name]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return dict(json.loads(done.stdout))


def official_face(face: tuple[str, str]) -> dict[str, Any]:
    return dict(described("openai")["faces"][face[0]])


def our_face(face: tuple[str, str]) -> dict[str, Any]:
    return dict(described("openft")["faces"][face[1]])


def calls() -> Iterator[tuple[tuple[str, str], str, str]]:
    """Yield face, resource and name of each official call."""
    for face in FACES:
        for resource, methods in official_face(face)["resources"].items():
            yield from ((face, resource, name) for name in methods)


def parameters(face: Mapping[str, Any], resource: str, name: str) -> dict[str, tuple[str, bool]] | None:
    """Return kind and need of each parameter of a call, None where there is no such call."""
    found = face["resources"][resource].get(name)
    return None if found is None else {key: (kind, needed) for key, kind, needed in found}


def missing_from_calls() -> set[str]:
    """Return the calls, and the keywords, that are not the same with us."""
    found = set()
    for face, resource, name in calls():
        theirs, ours = parameters(official_face(face), resource, name), parameters(our_face(face), resource, name)
        if ours is None:
            found.add(f"{resource}.{name}")
        else:
            found |= {f"{resource}.{name}({key})" for key, what in (theirs or {}).items() if ours.get(key) != what}
    return found


def added_to_calls() -> set[str]:
    """Return the calls, and the keywords, that only we have."""
    found = set()
    for face in FACES:
        for resource in official_face(face)["resources"]:
            for name in our_face(face)["resources"][resource]:
                theirs, ours = (
                    parameters(official_face(face), resource, name),
                    parameters(our_face(face), resource, name),
                )
                if theirs is None:
                    found.add(f"{resource}.{name}")
                else:
                    found |= {f"{resource}.{name}({key})" for key in (ours or {}) if key not in {*theirs, *OPTIONS}}
    return found


def of_the_client(*, ours_alone: bool) -> set[str]:
    """Return the arguments and attributes of the client that only one side has."""
    found = set()
    for face in FACES:
        sides = (our_face(face), official_face(face)) if ours_alone else (official_face(face), our_face(face))
        for what in ("init", "with_options"):
            names, others = ({key for key, *_ in side[what]} for side in sides)
            found |= {f"{what}.{key}" for key in names - others}
        names, others = (set(side["attributes"]) - INTERNAL for side in sides)
        found |= {f"client.{key}" for key in names - others}
    return found


def missing_from_answers() -> set[str]:
    """Return the attributes of answers that cannot be read with us."""

    def lacking(above: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[str]:
        for name, within in theirs.items():
            if name not in ours:
                yield f"{above}.{name}"
            else:
                yield from lacking(f"{above}.{name}", within, ours[name])

    theirs, ours = described("openai")["answers"], described("openft")["answers"]
    return {name for kind in theirs for name in lacking(kind, theirs[kind], ours[kind])}


def missing_from_errors() -> set[str]:
    """Return the error classes, and the attributes of errors, that we have not."""
    theirs, ours = described("openai"), described("openft")
    classes = {*theirs["errors"]} - {*ours["errors"]}
    return classes | {f"error.{name}" for name in {*theirs["error_attributes"]} - {*ours["error_attributes"]}}
