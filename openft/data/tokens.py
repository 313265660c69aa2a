"""How many tokens a text has: counted where the model's tokenizer is at hand, else estimated, which is said."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from openft.data.models import EMBEDDED, base_of, find, known
from openft.data.reading.extras import package
from openft.errors import DataError

if TYPE_CHECKING:
    from openft.data.facts import Encoding

CountTokens: TypeAlias = Callable[[str], int]
"""Returns the tokens of a text."""
A_MESSAGE, A_NAME, A_REPLY = 4, 1, 3
"""Tokens that a message with its role, a name and a conversation have beside texts (source: OpenAI's cookbook)."""
_AT_ONCE = 1000
"""Texts that are encoded together; a token takes a hundred times the memory that its text does."""
_INSTALL = "for exact counts: pip install 'openft[tokens]'"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Counts tokens; it is called with a text."""

    name: str
    """What counts: a tokenizer, or ``estimate``."""
    exact: bool
    count: CountTokens = field(repr=False)
    count_all: Callable[[Sequence[str]], list[int]] = field(repr=False)
    """Counts many texts, faster than one by one."""
    advice: str | None = None
    """How to get exact counts; None where they are."""

    def __call__(self, text: str) -> int:
        """Return the tokens of a text."""
        return self.count(text)

    def say(self, tokens: int) -> str:
        """Return a number of tokens in words that say how it was found."""
        return f"{tokens:,} tokens (counted)" if self.exact else f"about {tokens:,} tokens (estimated)"


def estimate(text: str) -> int:
    """Return about how many tokens a text has: one for four ASCII characters, one for each other character."""
    if text.isascii():
        return -(-len(text) // 4)
    ascii_only = len(text.encode("ascii", "ignore"))
    return -(-ascii_only // 4) + len(text) - ascii_only


def estimated(advice: str = "for exact counts, name the model") -> Tokens:
    """Return the estimate, with what to do for exact counts."""
    return Tokens("estimate", False, estimate, partial(_each, estimate), advice)


def as_tokens(count: CountTokens | None) -> Tokens:
    """Return what counts tokens; a caller's own function is taken for exact, None is the estimate."""
    if count is None:
        return estimated()
    return count if isinstance(count, Tokens) else Tokens("the given function", True, count, partial(_each, count))


def _each(count: CountTokens, texts: Sequence[str]) -> list[int]:
    return list(map(count, texts))


def counter(model: str | os.PathLike[str] | None = None) -> Tokens:
    """Return what counts the tokens of a model, exactly if its tokenizer is at hand; nothing is fetched.

    Args:
        model: the name of a model or of one fine-tuned from it, or a path: of a ``tokenizer.json``, or of a folder that
            has one. ``ada``, ``babbage``, ``curie`` and ``davinci`` are openft's own bases.

    Raises:
        MissingExtra: a path is given, and the package that reads it is not installed.
        DataError: there is no tokenizer at the path.
    """
    if model is None:
        return estimated()
    if isinstance(model, os.PathLike) or is_path(model):
        return _from_file(Path(model))
    if base_of(model) in EMBEDDED:
        return _embedded()
    found = find(model)
    if found is None:
        return estimated(f"for exact counts, give the tokenizer.json of {model}")
    return _openai(found.encoding)


def is_path(model: str) -> bool:
    """Return whether a name is meant as a path; models of some hosts have slashes in theirs."""
    path = Path(model)
    return model.endswith(".json") or model.startswith(".") or path.is_absolute() or ("/" in model and path.exists())


def _from_file(path: Path) -> Tokens:
    package("tokenizers", "counting with a tokenizer's file", "tokens")
    file = path / "tokenizer.json" if path.is_dir() else path
    if not file.is_file():
        raise DataError("there is no tokenizer; give the path of a tokenizer.json", file=str(file))
    try:
        return _counting(file, str(path))
    except Exception as error:  # the package raises nothing narrower
        raise DataError(f"is no tokenizer ({error}); give a tokenizer.json", file=str(file)) from error


def _embedded() -> Tokens:
    if find_spec("tokenizers") is None:
        return estimated(_INSTALL)
    from importlib.resources import as_file, files

    with as_file(files("openft") / "assets" / "tokenizer.json") as file:
        return _counting(file, "openft's tokenizer")


def _counting(file: Path, name: str) -> Tokens:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count_all(texts: Sequence[str]) -> list[int]:
        counts: list[int] = []
        for start in range(0, len(texts), _AT_ONCE):
            some = list(texts[start : start + _AT_ONCE])
            counts += [len(found.ids) for found in tokenizer.encode_batch_fast(some, add_special_tokens=False)]
        return counts

    return Tokens(name, exact=True, count=lambda text: count_all([text])[0], count_all=count_all)


def _openai(name: str) -> Tokens:
    """Return tiktoken's count if the file that it needs is at hand; it would fetch it otherwise."""
    if find_spec("tiktoken") is None:
        return estimated(_INSTALL)
    encoding = known().encodings[name]
    folder = cache_folder()
    if not folder or not _is_cached(folder, encoding):
        where = "TIKTOKEN_CACHE_DIR" if not folder else str(folder)
        load = f"python -c 'import tiktoken; tiktoken.get_encoding(\"{name}\")'"
        return estimated(f"for exact counts, have tiktoken fetch its file {name} into {where}: {load}")
    return _tiktoken(name)  # pragma: no cover - the file comes from the network


def _tiktoken(name: str) -> Tokens:  # pragma: no cover - likewise
    from tiktoken import get_encoding

    encoding = get_encoding(name)

    def count_all(texts: Sequence[str]) -> list[int]:
        return list(map(len, encoding.encode_ordinary_batch(list(texts))))

    return Tokens(name, exact=True, count=lambda text: len(encoding.encode_ordinary(text)), count_all=count_all)


def cache_folder() -> Path | None:
    """Return where tiktoken keeps its files, None where it keeps none."""
    for name in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if name in os.environ:
            return Path(os.environ[name]) if os.environ[name] else None
    import tempfile

    return Path(tempfile.gettempdir()) / "data-gym-cache"


def _is_cached(folder: Path, encoding: Encoding) -> bool:
    """Return whether a file is there and whole; tiktoken replaces one that is not, from the network."""
    import hashlib

    file = folder / hashlib.sha1(encoding.file.encode(), usedforsecurity=False).hexdigest()
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() == encoding.sha256
    except OSError:
        return False
