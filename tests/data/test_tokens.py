"""How tokens are counted, and what a count is worth."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.batches import Row, source
from openft.data import Finding, Tokens, counter
from openft.data.checks.examine import examine
from openft.data.checks.length import Length
from openft.data.checks.texts import texts_of
from openft.data.models import EMBEDDED, base_of, find, known
from openft.data.tokens import cache_folder, estimate
from openft.errors import DataError, MissingExtra

TOKENIZER = Path(str(files("openft") / "assets" / "tokenizer.json"))
TEXT = "A great film, 정말 좋아요 <|endoftext|>"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder for tiktoken's files, and no network."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    return tmp_path


def cached(encoding: str) -> str:
    """Return the name under which tiktoken keeps its file."""
    return hashlib.sha1(known().encodings[encoding].file.encode()).hexdigest()


# --- which tokenizer


def test_without_a_model_tokens_are_estimated_which_is_said() -> None:
    tokens = counter()
    assert (tokens.name, tokens.exact, tokens.advice) == ("estimate", False, "for exact counts, name the model")
    assert (tokens(TEXT), tokens.count_all([TEXT, ""])) == (estimate(TEXT), [estimate(TEXT), 0])
    assert tokens.say(1234) == "about 1,234 tokens (estimated)"


@pytest.mark.parametrize("model", [*EMBEDDED, "ada:ft-me:films-2023-01-01-00-00-00"])
def test_openfts_own_bases_are_counted_with_the_tokenizer_that_comes_with_them(model: str) -> None:
    tokens = counter(model)
    assert (tokens.name, tokens.exact, tokens.advice) == ("openft's tokenizer", True, None)
    assert tokens.count_all([" yes", " positive", " 긍정", "", "xyzzy"])[:4] == [1, 1, 1, 0]
    assert tokens(" a" * 5000) == 5000
    assert tokens.say(1) == "1 tokens (counted)"


@pytest.mark.parametrize("kind", [str, Path])
def test_a_tokenizers_file_or_its_folder_may_be_given(kind: Any, tmp_path: Path) -> None:
    shutil.copy(TOKENIZER, tmp_path / "tokenizer.json")
    for path in (tmp_path, tmp_path / "tokenizer.json"):
        tokens = counter(kind(path))
        assert (tokens.name, tokens.exact, tokens(TEXT)) == (str(path), True, counter("ada")(TEXT))


def test_a_name_with_a_slash_is_a_path_where_there_is_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert counter("org/model").advice == "for exact counts, give the tokenizer.json of org/model"
    (tmp_path / "org" / "model").mkdir(parents=True)
    shutil.copy(TOKENIZER, tmp_path / "org" / "model" / "tokenizer.json")
    assert counter("org/model").exact
    for missing in ("./model", "model.json", str(tmp_path / "model")):
        with pytest.raises(DataError, match="there is no tokenizer"):
            counter(missing)


def test_a_tokenizers_own_padding_and_cuts_are_not_counted(tmp_path: Path) -> None:
    changed = json.loads(TOKENIZER.read_bytes())
    changed["truncation"] = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    changed["padding"] = {
        "strategy": {"Fixed": 64},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "<|endoftext|>",
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(changed))
    assert counter(tmp_path).count_all([" yes", " yes" * 9]) == [1, 9]


def test_more_texts_than_are_encoded_at_once_are_all_counted() -> None:
    assert counter("ada").count_all([" yes" * (n % 3) for n in range(2500)]) == [n % 3 for n in range(2500)]


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"model": 1}'])
def test_what_is_no_tokenizer_is_an_error_of_the_file(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataError, match=r"give .*a tokenizer\.json") as caught:
        counter(file)
    assert caught.value.file == str(file)


def test_a_model_that_nobody_knows_is_estimated() -> None:
    tokens = counter("my-model")
    assert (tokens.exact, tokens.advice) == (False, "for exact counts, give the tokenizer.json of my-model")


# --- tiktoken


def test_an_openai_model_is_estimated_while_tiktokens_file_is_not_there_and_nothing_is_fetched(offline: Path) -> None:
    tokens = counter("gpt-4o-mini-2024-07-18")
    assert (tokens.name, tokens.exact) == ("estimate", False)
    assert f"have tiktoken fetch its file o200k_base into {offline}: python -c" in str(tokens.advice)


def test_a_broken_file_of_tiktokens_is_left_alone(offline: Path) -> None:
    file = offline / cached("o200k_base")
    file.write_bytes(b"IQ== 0\n")
    assert not counter("gpt-4o").exact
    assert file.read_bytes() == b"IQ== 0\n"


def test_where_tiktoken_keeps_no_files_openai_models_are_estimated(
    offline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    assert "into TIKTOKEN_CACHE_DIR: " in str(counter("gpt-4o").advice)
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR")
    monkeypatch.setenv("DATA_GYM_CACHE_DIR", str(offline))
    assert cache_folder() == offline
    monkeypatch.delenv("DATA_GYM_CACHE_DIR")
    assert cache_folder() == Path(tempfile.gettempdir()) / "data-gym-cache"


@pytest.mark.parametrize(("model", "tokens"), [("gpt-4o", 7), ("gpt-3.5-turbo-0125", 11), ("ft:davinci-002:me::a", 11)])
def test_an_openai_model_is_counted_where_tiktokens_file_is(model: str, tokens: int) -> None:
    pytest.importorskip("tiktoken")
    found = counter(model)
    if not found.exact:
        pytest.skip("tiktoken's files are not on this machine")
    text = "A great film, 정말 좋아요"
    assert (found(text), found.count_all([text, ""])) == (tokens, [tokens, 0])
    assert found("<|endoftext|>") > 1


# --- without the packages

WITHOUT = """
import sys
sys.modules["tokenizers"] = sys.modules["tiktoken"] = None
from importlib import util
real = util.find_spec
util.find_spec = lambda name, *rest: None if name in ("tokenizers", "tiktoken") else real(name, *rest)
from openft.data import counter
from openft.errors import MissingExtra
for model in ("ada", "gpt-4o"):
    print(counter(model).exact, counter(model).advice)
try:
    counter(sys.argv[1])
except MissingExtra as error:
    print(error)
"""


def test_without_the_extra_models_are_estimated_and_only_a_file_that_was_asked_for_is_refused() -> None:
    command = [sys.executable, "-c", WITHOUT, str(TOKENIZER)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    *models, refusal = done.stdout.splitlines()
    assert models == ["False for exact counts: pip install 'openft[tokens]'"] * 2
    assert refusal.endswith("needs more packages; install them with: pip install 'openft[tokens]'")


def test_a_missing_package_is_told_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtra, match=r"openft\[tokens\]"):
        counter(TOKENIZER)


@pytest.mark.parametrize(("package", "model"), [("tokenizers", "ada"), ("tiktoken", "gpt-4o")])
def test_without_a_package_its_models_are_estimated(package: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert counter(model).advice == "for exact counts: pip install 'openft[tokens]'"


# --- what is known of models


@pytest.mark.parametrize(
    ("model", "base"),
    [
        ("gpt-4o-mini", "gpt-4o-mini"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("ft:gpt-4o-mini-2024-07-18:org:name:id", "gpt-4o-mini"),
        ("gpt-3.5-turbo-0125", "gpt-3.5-turbo"),
        ("davinci:ft-org-2023-01-01", "davinci"),
        ("gpt-4o-audio-preview", "gpt-4o-audio-preview"),
        ("davinci-002", "davinci-002"),
        ("", ""),
    ],
)
def test_a_model_goes_by_its_base(model: str, base: str) -> None:
    assert base_of(model) == base


def test_every_fact_has_its_day_and_its_source() -> None:
    facts = known()
    for model in facts.models.values():
        for fact in (model.limit, model.price, model.until):
            assert fact is None or (len(fact.date) == 10 and fact.source)
        assert model.encoding in facts.encodings
    assert set(facts.embedded) == set(EMBEDDED)
    assert all(rate.machine and rate.date for rate in facts.embedded.values())


def test_another_kind_of_the_same_family_is_not_known() -> None:
    assert find("gpt-4o-audio-preview") is None


# --- in the checks


def rows(labels: list[str], count: int = 200) -> list[Row]:
    return [{"prompt": f"text number {n} ->", "completion": labels[n % len(labels)]} for n in range(count)]


def told(data: list[Row], count: Tokens | None, id: str, **options: Any) -> list[Finding]:
    found: list[Finding] = []
    examine(source(data), found.append, count=count, **options)
    return [finding for finding in found if finding.id == id]


def test_a_long_example_says_whether_its_tokens_are_counted_or_estimated() -> None:
    data: list[Row] = [*rows([" yes", " no"]), {"prompt": " yes" * 100 + " ->", "completion": " no"}]
    [counted] = told(data, counter("ada"), "D103", limit=50)
    assert counted.message.startswith("102 tokens (counted), more than 50, ")
    [estimated] = told(data, counter(), "D103", limit=50)
    assert estimated.message.startswith("about 102 tokens (estimated), more than 50, ")
    assert told(data, None, "D103", limit=50) == [estimated]


@given(
    st.lists(st.tuples(st.text(max_size=60), st.text(alphabet="ab 한글😀\x00", max_size=60)), min_size=1, max_size=9),
    st.integers(0, 120),
    st.sampled_from([None, "ada"]),
)
def test_what_is_too_long_is_what_has_more_tokens_than_the_limit(
    texts: list[tuple[str, str]], limit: int, model: str | None
) -> None:
    tokens = counter(model)
    length = Length(limit, tokens)
    prompts, completions = [prompt for prompt, _ in texts], [completion for _, completion in texts]
    batch = texts_of("a.jsonl", range(len(texts)), range(len(texts)), prompts, completions)
    sizes = [tokens(prompt) + tokens(completion) for prompt, completion in texts]
    assert [finding.line for finding in length.feed(batch)] == [n for n, size in enumerate(sizes) if size > limit]
    assert length.most >= max(sizes)


def test_labels_of_several_tokens_are_noted_where_tokens_are_counted() -> None:
    data = rows([" yes", " unquestionably not", " no"])
    [finding] = told(data, counter("ada"), "D406")
    assert finding.name == "label-many-tokens"
    assert "1 of 3 classes are more than one token, such as ' unquestionably not' " in finding.message
    assert (finding.column, finding.excerpt) == ("completion", " unquestionably not")
    assert told(data, counter(), "D406") == told(data, None, "D406") == []


def test_what_ends_all_labels_does_not_count_as_part_of_them() -> None:
    assert told(rows([" yes END", " no END"]), counter("ada"), "D406") == []
    assert told(rows([" yes", " no"]), counter("ada"), "D406") == []


def test_labels_are_judged_with_the_space_before_them_that_a_fix_adds() -> None:
    assert counter("ada").count_all(["technical", " technical"]) == [3, 1]
    assert told(rows(["technical", "yes"]), counter("ada"), "D406") == []
