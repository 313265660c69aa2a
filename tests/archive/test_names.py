"""Names of folders and files, out of whatever a host has sent."""

from __future__ import annotations

import pytest

from openft.archive.names import LONGEST, Names, marked, portable

GOOD = ["train.jsonl", "ftjob-AF1WoRqd3aJAHsqc9NY7iL8F", "데이터 1.csv", "a.b.c", "compiled_results.csv"]
BAD = [
    ("../../etc/passwd", "_.._etc_passwd"),
    ("a/b\\c", "a_b_c"),
    ("nul\0byte", "nul_byte"),
    ("..", "_"),
    ("", "_"),
    (".hidden", "hidden"),
    ("ends. ", "ends"),
    ('a<b>:"|?*', "a_b______"),
    ("CON", "_CON"),
    ("nul.txt", "_nul.txt"),
    ("com¹.csv", "_com¹.csv"),
    ("-rf", "_-rf"),
    ("~user", "_~user"),
    ("a\u202eb\n", "a_b_"),
    ("half \ud800", "half _"),
]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_name_stays(name: str) -> None:
    assert portable(name) == name


@pytest.mark.parametrize(("name", "becomes"), BAD)
def test_a_name_that_some_system_refuses_is_changed(name: str, becomes: str) -> None:
    assert portable(name) == becomes


@pytest.mark.parametrize("name", ["x" * 3000 + ".jsonl", "가" * 1000 + ".jsonl", "x." + "y" * 3000, "x" * 3000])
def test_a_long_name_is_cut_and_stays_its_own(name: str) -> None:
    short = portable(name)
    assert len(short.encode()) <= LONGEST
    assert short != portable("z" + name)
    assert short.endswith(".jsonl") == name.endswith(".jsonl")


def test_decomposed_letters_are_composed() -> None:
    assert portable("cafe\u0301") == "café"


def test_ids_that_differ_in_case_alone_have_two_folders() -> None:
    names = Names()
    folders = {names.folder("jobs", id) for id in ("ftjob-a", "ftjob-A", "FTJOB-a")}
    assert len({folder.casefold() for folder in folders}) == 3
    assert names.folder("jobs", "ftjob-a") == "jobs/ftjob-a"


def test_ids_that_become_the_same_name_have_two_folders() -> None:
    names = Names()
    assert names.folder("files", "a/b") != names.folder("files", "a_b") != names.folder("files", "a\\b")


def test_an_id_that_looks_like_another_ones_folder_has_its_own() -> None:
    names = Names()
    taken = names.folder("files", f"a_b-{marked('a/b')}")
    folders = {taken, names.folder("files", "a/b"), names.folder("files", "a_b")}
    assert len(folders) == 3
    again = Names()
    for id, folder in (("a/b", names.folder("files", "a/b")), (f"a_b-{marked('a/b')}", taken)):
        again.note("files", folder.removeprefix("files/"), id)
    assert again.folder("files", "a/b") == names.folder("files", "a/b")


def test_a_folder_is_the_same_in_the_next_run() -> None:
    names = Names()
    names.note("jobs", "ftjob-A", "ftjob-A")
    other = names.folder("jobs", "ftjob-a")
    again = Names()
    for name, id in (("ftjob-A", "ftjob-A"), (other.removeprefix("jobs/"), "ftjob-a")):
        again.note("jobs", name, id)
    assert again.folder("jobs", "ftjob-a") == other
    assert again.folder("jobs", "ftjob-A") == "jobs/ftjob-A"
