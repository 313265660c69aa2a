"""Makes ``openft/assets/tokenizer.json``: a byte-level BPE of 8,192 tokens from free texts and sentences of our own.

Usage: ``python scripts/make_tokenizer.py [OUT]``. Two packages are fetched by name, with ``apt-get`` and ``pip``:

- Debian ``dict-jargon``: the Jargon File 4.4.7 (English), in the public domain
- PyPI ``konlpy``: of its data only the constitution and ten bills of the Republic of Korea, in the public domain

Everything else is made of the words in ``tokenizer_words.toml``. The same packages give the same file.
"""

from __future__ import annotations

import gzip
import random
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

VOCABULARY = 8192
END = "<|endoftext|>"
# A number of one or two digits after a space is one piece (labels, days); every other digit stands alone.
PIECES = (
    r"'(?:[sdmt]|ll|ve|re)| \p{N}{1,2}(?!\p{N})| ?\p{N}"
    r"| ?[\p{L}\p{M}]+| ?[^\s\p{L}\p{M}\p{N}]+|\s+(?!\S)|\s+"
)

TEXTS = tomllib.loads(Path(__file__).with_name("tokenizer_words.toml").read_text(encoding="utf-8"))
HANGUL, FINALS = 0xAC00, {"ㅂ": 17, "ㄴ": 4, "ㄹ": 8}


def words(name: str) -> list[str]:
    """Return a list of words."""
    found: list[str] = TEXTS[name].split()
    return found


def join_ending(stem: str, ending: str) -> str:
    """Put a stem and an ending together; a leading consonant becomes the stem's final one (하 + ㅂ니다 = 합니다)."""
    last = ord(stem[-1]) - HANGUL
    if ending[0] in FINALS and last % 28 == 0:
        return stem[:-1] + chr(HANGUL + last + FINALS[ending[0]]) + ending[1:]
    return stem + ending.lstrip("ㅂㄴㄹ")


def our_english(chance: random.Random, count: int) -> Iterator[str]:
    """Yield everyday sentences with words put in at random."""
    slots = {"noun": words("nouns"), "verb": words("verbs"), "adj": words("adjectives"), "day": words("weekdays")}
    slots |= {"month": words("months"), "mon": [name[:3] for name in words("months")]}
    slots |= {"n": [str(number) for number in range(1, 32)], "nn": [f"{number:02}" for number in range(100)]}
    sentences = TEXTS["sentences"].strip().split("\n")
    for _ in range(count):
        yield re.sub(r"{(\w+)}", lambda slot: chance.choice(slots[slot[1]]), chance.choice(sentences))


def our_korean(chance: random.Random, count: int) -> Iterator[str]:
    """Yield everyday Korean phrases of nouns with particles and stems with endings."""
    nouns, particles, adverbs = words("korean_nouns"), words("korean_particles"), words("korean_adverbs")
    stems, endings = words("korean_stems"), words("korean_endings")
    for _ in range(count):
        start = [chance.choice(adverbs), chance.choice(nouns) + chance.choice(particles), chance.choice(nouns)]
        verb = join_ending(chance.choice(stems), chance.choice(endings))
        yield " ".join([*chance.sample(start, k=chance.randint(1, 3)), verb])


def labels() -> Iterator[str]:
    """Yield words that classify, often enough to become one token each, and everyday words as they may be written."""
    for word in [*words("labels"), *map(str, range(100)), *words("months"), *words("weekdays")]:
        forms = {word, word.capitalize(), word.upper()} if len(word) < 9 else {word, word.capitalize()}
        yield from (f" {form}" for form in sorted(forms) for _ in range(400 if form == word else 60))
    for word in [*words("nouns"), *words("verbs"), *words("adjectives")]:
        yield from (f" {form}" for form in (word, word.capitalize(), word.upper()) for _ in range(60))
    yield from (f"text{separator} yes" for separator in TEXTS["separators"] for _ in range(400))


def jargon(folder: Path) -> Iterator[str]:
    """Yield the Jargon File's paragraphs, one line each."""
    subprocess.run(["apt-get", "download", "dict-jargon"], cwd=folder, check=True)
    [package] = folder.glob("dict-jargon*.deb")
    subprocess.run(["dpkg", "-x", package.name, "deb"], cwd=folder, check=True)
    text = gzip.decompress((folder / "deb/usr/share/dictd/jargon.dict.dz").read_bytes()).decode(
        "utf-8", errors="ignore"
    )
    for paragraph in re.split(r"\n\s*\n", text):
        yield re.sub(r"\s+", " ", re.sub(r"[{}]", "", paragraph))


def korean_law(folder: Path) -> Iterator[str]:
    """Yield the lines of the Korean constitution and of ten bills."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--no-deps", "-q", "konlpy==0.6.0"], cwd=folder, check=True
    )
    [wheel] = folder.glob("konlpy-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(name for name in archive.namelist() if "data/corpus/ko" in name and name.endswith(".txt")):
            yield from archive.read(name).decode("utf-8").splitlines()


def train(texts: Iterator[str]) -> Tokenizer:
    """Return the tokenizer that the texts give."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=24,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def main() -> None:
    """Write the tokenizer."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "openft/assets/tokenizer.json")
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        law = list(korean_law(folder))
        texts = chain(jargon(folder), law, law, our_english(chance, 6000), our_korean(chance, 20000), labels())
        tokenizer = train(texts)
    tokenizer.save(str(out), pretty=False)
    print(f"{out}: {tokenizer.get_vocab_size()} tokens, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
