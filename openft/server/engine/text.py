"""Text to tokens and back, bytes included: a tokenizer that knows what each token stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tokenizers import Tokenizer


@dataclass(frozen=True)
class Codec:
    """A tokenizer of a model."""

    tokenizer: Tokenizer
    end: int
    """The token that ends a text."""

    @classmethod
    def from_file(cls, path: Path, end: int) -> Codec:
        """Read a ``tokenizer.json``."""
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(tokenizer, end)

    @property
    def size(self) -> int:
        """Number of tokens."""
        return int(self.tokenizer.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text, nothing added."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def encode_all(self, texts: list[str]) -> list[list[int]]:
        """Return the tokens of many texts, nothing added."""
        return [list(item.ids) for item in self.tokenizer.encode_batch(texts, add_special_tokens=False)]

    def raw(self, token: int) -> bytes:
        """Return the bytes that a token stands for; they need not be whole UTF-8."""
        piece = self.tokenizer.id_to_token(token)
        if piece is None:
            return b""
        if token in self._special:
            return str(piece).encode()
        if self._byte_level:
            return bytes(_BYTES[character] for character in piece)
        if byte := _BYTE_PIECE.fullmatch(piece):
            return bytes([int(byte[1], 16)])
        return str(piece).replace("\u2581", " ").encode()

    def name(self, token: int) -> str:
        """Return a token as log-probabilities show it: its text, or its bytes if they are no whole text."""
        raw = self.raw(token)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return "bytes:" + "".join(f"\\x{byte:02x}" for byte in raw)

    @cached_property
    def _special(self) -> frozenset[int]:
        return frozenset(self.tokenizer.get_added_tokens_decoder())

    @cached_property
    def _byte_level(self) -> bool:
        return type(self.tokenizer.decoder).__name__ == "ByteLevel"


def _byte_alphabet() -> dict[str, int]:
    """Return the character that byte-level tokenizers write for each byte (source: the GPT-2 tokenizer)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(hidden)}


_BYTES = _byte_alphabet()
_BYTE_PIECE = re.compile("<0x([0-9A-F]{2})>")  # how SentencePiece tokenizers write a byte
