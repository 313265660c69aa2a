"""The tree of errors."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from typing import Any

import pytest

from openft import errors
from openft._core.faults import CLASSES
from openft.errors import APIError, DataError, JobCancelled, JobFailed, MissingExtra, OpenFTError, WaitTimeout
from openft.types import FineTune

ALL = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and kind.__module__ == errors.__name__ and issubclass(kind, Exception)
}
JOB = FineTune(id="ft-1", status="failed")


def made(kind: type[OpenFTError]) -> OpenFTError:
    special: dict[type[OpenFTError], Any] = {
        DataError: lambda: DataError("is wrong", file="train.jsonl", line=3),
        JobFailed: lambda: JobFailed("x", job=JOB),
        JobCancelled: lambda: JobCancelled("x", job=JOB),
        MissingExtra: lambda: MissingExtra("the server", "server"),
    }
    return special.get(kind, lambda: kind("x"))()  # type: ignore[no-any-return]


def drawn() -> dict[str, str]:
    """Return each class of the drawing in the docstring, and the one that it hangs under."""
    tree = (errors.__doc__ or "").split("```")[1].strip().splitlines()
    parents: dict[int, str] = {-1: "Exception"}
    found: dict[str, str] = {}
    for line in tree:
        depth = len(line[: -len(line.lstrip("│├└─ "))]) // 4
        names = [name for name in re.findall(r"[A-Z]\w+", line) if name in ALL]
        found |= dict.fromkeys(names, parents[depth - 1])
        parents[depth] = names[-1]
    return found


def test_the_drawing_is_the_tree() -> None:
    real = {
        name: next(base.__name__ for base in kind.__mro__[1:] if base.__name__ in {*ALL, "Exception"})
        for name, kind in ALL.items()
    }
    assert drawn() == real


def test_each_status_has_the_class_that_the_drawing_gives_it() -> None:
    told = dict(re.findall(r"(\w+Error) (?:>= )?(\d{3})", errors.__doc__ or ""))
    assert {kind.__name__: str(status) for status, kind in CLASSES.items()} | {"InternalServerError": "500"} == told


@pytest.mark.parametrize("kind", ALL.values())
def test_every_error_can_be_pickled_and_copied(kind: type[OpenFTError]) -> None:
    error = made(kind)
    if isinstance(error, APIError):
        error.attempts, error.elapsed = 3, 1.5
    error.add_note("a note")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is kind
        assert (str(twin), twin.args, vars(twin)) == (str(error), error.args, vars(error))


@pytest.mark.parametrize("kind", ALL.values())
def test_every_error_is_exported(kind: type[OpenFTError]) -> None:
    import openft

    assert getattr(openft, kind.__name__) is kind


def test_what_python_makes_of_an_error_travels_with_it() -> None:
    error = MissingExtra("plotting", "plot")
    assert pickle.loads(pickle.dumps(error)).msg == error.msg == str(error)


def test_errors_are_also_what_python_has_a_name_for() -> None:
    assert issubclass(WaitTimeout, TimeoutError)
    assert issubclass(MissingExtra, ImportError)
    assert issubclass(errors.ConfigError, ValueError)


def test_an_error_has_all_that_is_known_about_the_answer() -> None:
    error = APIError("m", status_code=1, code="c", param="p", type="t", body=[1], request_id="r", retry_after=2.0)
    assert vars(error) == {
        "message": "m",
        "status_code": 1,
        "code": "c",
        "param": "p",
        "type": "t",
        "body": [1],
        "request_id": "r",
        "retry_after": 2.0,
        "attempts": 1,
        "elapsed": 0.0,
        "maybe_done": False,
        "creation": None,
    }


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (DataError("is wrong"), "is wrong"),
        (DataError("is wrong", file="a.jsonl"), "a.jsonl: is wrong"),
        (DataError("is wrong", line=3), "line 3: is wrong"),
        (DataError("is wrong", file="a.jsonl", line=3), "a.jsonl:3: is wrong"),
        (
            MissingExtra("plotting", "plot"),
            "plotting needs more packages; install them with: pip install 'openft[plot]'",
        ),
    ],
    ids=range(5),
)
def test_an_error_reads_well(error: OpenFTError, text: str) -> None:
    assert str(error) == text
