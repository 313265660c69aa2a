"""Identifiers and names."""

from __future__ import annotations

import unicodedata

import pytest

from openft.server.naming import model_name, new_stem, slug, stem_of


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [
        (None, ""),
        ("", ""),
        ("custom model name", "custom-model-name"),
        ("  My_Mood!! v2  ", "my-mood-v2"),
        ("한국어 모델", "한국어-모델"),
        (unicodedata.normalize("NFD", "감정"), "감정"),
        ("---", ""),
        ("a" * 39 + " b", "a" * 39),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_a_suffix_keeps_its_letters_and_digits(suffix: str | None, expected: str) -> None:
    assert slug(suffix) == expected


def test_a_name_carries_the_time_in_utc() -> None:
    assert model_name("curie", "acmeco", None, 1614807880, lambda _: False) == "curie:ft-acmeco-2021-03-03-21-44-40"


def test_a_taken_name_takes_the_next_free_second() -> None:
    taken = {"ada:ft-me:x-2021-03-03-21-44-40", "ada:ft-me:x-2021-03-03-21-44-41"}
    assert model_name("ada", "me", "x", 1614807880, taken.__contains__) == "ada:ft-me:x-2021-03-03-21-44-42"


def test_a_job_has_one_stem_under_both_prefixes() -> None:
    stem = new_stem()
    assert stem_of(f"ft-{stem}") == stem_of(f"ftjob-{stem}") == stem
    for wrong in (stem, f"ft-{stem}x", f"ft-{stem[1:]}", f"FT-{stem}", f"ft-{stem}\n", f"ft-{'é' * 24}"):
        assert stem_of(wrong) is None
