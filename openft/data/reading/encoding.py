"""Which encoding a text is in, and its bytes in UTF-8: strict decoding decides, nothing is ever replaced."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from openft.data.checks import rules
from openft.data.reading.container import Reads
from openft.data.reading.doubt import rivals
from openft.data.reading.source import Source
from openft.data.rows import excerpt
from openft.errors import DataError

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
HEAD_BYTES = 1 << 16
"""How much of a file's beginning is looked at before anything is read."""

_TITLES = {
    "cp949": "CP949 (EUC-KR)",
    "cp932": "Shift-JIS",
    "cp1252": "Latin-1 (Windows-1252)",
    "gb18030": "gb18030 (GBK)",
    "cp950": "Big5",
    "euc_jp": "EUC-JP",
    "cp874": "cp874 (Thai)",
    "cp1250": "cp1250 (Central Europe)",
    "cp1254": "cp1254 (Turkish)",
}
_SAMPLE = 20_000
"""Characters outside ASCII that are looked at."""


class Marked(NamedTuple):
    """What a byte order mark says."""

    encoding: str | None
    length: int
    """Bytes of the mark."""


def utf8_chunks(source: Source, file: Reads, size: int, encoding: str | None = None) -> Iterator[bytes]:
    """Yield a text in pieces of about ``size`` bytes, in UTF-8 and without its byte order mark.

    What is UTF-8 already passes as it is; whether it is correct is for its reader to say, who knows the line. As long
    as there is only ASCII, every encoding is possible; the first piece with more decides.

    Raises:
        DataError: the encoding cannot be recognised, or there are bytes that it does not have.
    """
    first = file.read(HEAD_BYTES)  # as much as whoever opened it has seen, so that both decide alike
    mark = _mark(first)
    if mark.length:
        source.note(rules.BYTE_ORDER_MARK, f"begins with the byte order mark of {mark.encoding}; it is left out")
        first = first[mark.length :]
    chosen = mark.encoding or (_known(encoding) if encoding else _wide(first))
    source.encoding = chosen or "utf-8"
    lines = 0
    chunk = first
    while chunk and chosen is None:
        if not chunk.isascii():
            chosen = _recognise(chunk, lines)
            break
        yield chunk
        lines += chunk.count(b"\n")
        chunk = file.read(size)
    chosen = chosen or "utf-8"
    source.encoding = chosen
    if chosen == "utf-8":
        while chunk:
            yield chunk
            chunk = file.read(size)
        return
    if not encoding:
        source.note(rules.ENCODING, f"is in {_TITLES.get(chosen, chosen)}; it is read as that, and written as UTF-8")
    yield from _recoded(chunk, lambda: file.read(size), chosen, lines)


def _mark(head: bytes) -> Marked:
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return Marked(encoding, len(mark))
    return Marked(None, 0)


def _known(encoding: str) -> str:
    """Return Python's name of an encoding that the user named."""
    try:
        b" ".decode(encoding, "replace")  # also refuses what is no encoding of text, such as hex
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise DataError(
            f"encoding {excerpt(encoding)!r} is not known; name one such as utf-8, cp949, euc-kr, shift-jis or latin-1"
        ) from error
    return "utf-8" if name == "utf-8-sig" else name


def _wide(head: bytes) -> str | None:
    """Return which UTF-16 or UTF-32 a text without a mark is in, by where its zero bytes are; None if it has none.

    Raises:
        DataError: the zero bytes are those of no text, or stand among the bytes of one that is in no such encoding.
    """
    if b"\0" not in head:
        return None
    for encoding, unit in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        text = None if _is_utf8_with_zeros(head) else _strictly(head[: len(head) // unit * unit], encoding)
        if text and "\0" not in text and _is_text(text) and _has_line_ends(text, head):
            return encoding
    at = head.index(b"\0")
    here = excerpt(head[max(0, at - 16) : at + 48].decode("latin-1"))
    raise DataError(
        f"has zero bytes, so it is no text: {here}; take them out, name the encoding, or name a text file",
        line=head.count(b"\n", 0, at) + 1,
    )


def _is_utf8_with_zeros(head: bytes) -> bool:
    """Return whether zero bytes stand between those of a text in UTF-8; at least half of a plain UTF-16 are zero."""
    return head.count(b"\0") * 3 < len(head) and _strictly(head.replace(b"\0", b""), "utf-8") is not None


def _has_line_ends(text: str, head: bytes) -> bool:
    """Return whether a text has ends of lines where its bytes may be such."""
    return "\n" in text or "\r" in text or (b"\n" not in head and b"\r" not in head)


def _is_text(text: str) -> bool:
    """Return whether enough of the characters are ASCII: any table or JSON has its commas, quotes and line ends."""
    sample = text[:_SAMPLE]
    plain = sum(" " <= character <= "~" or character in "\t\r\n" for character in sample)
    controls = sum(character < " " for character in sample) - sum(map(sample.count, "\t\r\n"))
    return plain * 50 >= len(sample) and controls * 50 <= plain


def _strictly(chunk: bytes, encoding: str) -> str | None:
    """Return the text, without a character cut off at the end; None if it is not in this encoding."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(chunk)
    except UnicodeDecodeError:
        return None


def _recognise(chunk: bytes, lines: int) -> str:
    """Return the encoding of a piece that is not all ASCII.

    Args:
        chunk: the piece.
        lines: how many line ends were before it.

    Raises:
        DataError: it fits none, or another one as well.
    """
    if _strictly(chunk, "utf-8") is not None or _mostly_utf8(chunk):
        return "utf-8"
    best = max(_CANDIDATES, key=lambda name: _plausible(chunk, name))
    plausible = _plausible(chunk, best) > 0.5
    doubts = rivals(chunk, best) if plausible else []
    if plausible and not doubts:
        return best
    if (near := _nearly(chunk)) is not None:
        raise _stray(chunk, near, lines)
    why = "the text is not plausible in CP949, Shift-JIS or Latin-1"
    if doubts:
        why = f"the text may be in {_TITLES[best]} or in {' or '.join(_TITLES[name] for name in doubts[:2])}"
    at = _first_bad(chunk)
    line = lines + chunk.count(b"\n", 0, at) + 1
    raise DataError(
        f"byte 0x{chunk[at]:02x} is not UTF-8, and {why}: "
        f"{excerpt(chunk[max(0, at - 16) : at + 32].decode('latin-1'))}; name its encoding, or save it as UTF-8",
        line=line,
    )


def _nearly(chunk: bytes) -> str | None:
    """Return the encoding that a text is in but for a few bytes, None where there is none."""
    for name, rate in _CANDIDATES.items():
        text = chunk.decode(name, "replace")
        bad = text.count("\ufffd")
        beyond = [character for character in text if character > "\x7f" and character != "\ufffd"][:_SAMPLE]
        if 0 < bad * 50 <= len(beyond) and rate(text.replace("\ufffd", ""), beyond) > 0.5 * len(beyond):
            return name
    return None


def _stray(chunk: bytes, encoding: str, lines: int) -> DataError:
    """Return what to raise for a text with a byte that its encoding does not have."""
    try:
        chunk.decode(encoding)
    except UnicodeDecodeError as error:
        line = lines + chunk.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{chunk[error.start]:02x} is not in {_TITLES[encoding]}, which the rest of the text is in"
        return DataError(f"{what}; mend it, or name another encoding", line=line)
    raise AssertionError


def _first_bad(chunk: bytes) -> int:
    try:
        chunk.decode()
    except UnicodeDecodeError as error:
        return error.start
    raise AssertionError


def _mostly_utf8(chunk: bytes) -> bool:
    """Return whether a text is in UTF-8 but for a few bytes, which its reader will name with their line."""
    text = chunk.decode("utf-8", "surrogateescape")
    beyond = [character for character in text if character > "\x7f"]
    bad = sum("\udc80" <= character <= "\udcff" for character in beyond)
    return len(beyond) - bad >= 4 * bad


def _plausible(chunk: bytes, encoding: str) -> float:
    """Return how much of what is not ASCII are characters that people write in this encoding, from 0 to 1."""
    text = _strictly(chunk, encoding)
    if text is None:
        return 0
    beyond = [character for character in text if character > "\x7f"][:_SAMPLE]
    return _CANDIDATES[encoding](text, beyond) / len(beyond) if beyond else 0


def _korean(text: str, beyond: list[str]) -> float:
    """Rate the characters of CP949: the 2,350 syllables of EUC-KR are what Korean is written with."""
    syllables = [character for character in beyond if "가" <= character <= "힣"]
    pairs = "".join(syllables).encode("cp949")
    common = sum(low >= 0xA1 <= high for high, low in zip(pairs[::2], pairs[1::2], strict=True))
    return common + 0.2 * (len(syllables) - common) + 0.4 * (len(beyond) - len(syllables))


def _japanese(text: str, beyond: list[str]) -> float:
    """Rate the characters of Shift-JIS: Japanese has kana in it; those of half width are rare."""
    kana = sum("ぁ" <= character <= "ヿ" or character in "、。「」『』・〜～！？（）" for character in beyond)
    kanji = sum("一" <= character <= "鿿" for character in beyond)
    return kana + 0.7 * kanji + 0.2 * (len(beyond) - kana - kanji)


def _western(text: str, beyond: list[str]) -> float:
    """Rate the characters of Windows-1252, of which Latin-1 is a part: letters that stand beside letters."""
    letters = len(_IN_WORD.findall(text))
    marks = sum(character in "‘’“”–—…€«»¿¡°§£©®·" for character in beyond)
    return 0.9 * min(letters, len(beyond)) + 0.8 * marks


_IN_WORD = re.compile("(?<=[A-Za-z])[À-ÖØ-öø-ÿŠšŒœŽžŸ]|[À-ÖØ-öø-ÿŠšŒœŽžŸ](?=[A-Za-z])|(?<= )[àÀéÉ](?= )")
_CANDIDATES: dict[str, Callable[[str, list[str]], float]] = {"cp949": _korean, "cp932": _japanese, "cp1252": _western}
"""In order of trial; the earlier one where two are as plausible."""


def _recoded(chunk: bytes, read: Callable[[], bytes], encoding: str, lines: int) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    while True:
        try:
            text = decoder.decode(chunk, final=not chunk)
            yield text.encode()
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "ignore")
            bad = error.object[error.start : error.start + 8]
            raise DataError(
                f"bytes 0x{bad[: max(1, error.end - error.start)].hex()} are not in {encoding}; "
                "mend them, or name the right encoding",
                line=lines + before.count("\n") + 1,
            ) from error
        except UnicodeEncodeError as error:
            raise DataError(f"half a surrogate pair in {encoding}; save the file as UTF-8", line=lines + 1) from error
        if not chunk:
            return
        lines += text.count("\n")
        chunk = read()
