"""Takes a multipart form apart while it arrives (python-multipart's parser does the work)."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from openft.server.http.refusal import Refusal

_NAME_LENGTH = 255
# RFC 5987; RFC 7578 forbids it in forms, some clients send it for names outside ASCII nevertheless
_EXTENDED_NAME = re.compile(rb"""filename\*\s*=\s*"?utf-8'[^']*'([^;"\s]+)""", re.IGNORECASE)

Writer = Callable[[bytes], None]


@dataclass(frozen=True)
class Part:
    """One field of a form."""

    name: str
    filename: str | None
    """Without folders; None for a plain field."""


class FormReader:
    """Calls `begin` at each part and what that returns with the part's bytes.

    Raises:
        Refusal: 400, the body is not a form.
    """

    def __init__(self, content_type: str | None, begin: Callable[[Part], Writer]) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Refusal(400, "the body is not a form; send multipart/form-data with the fields purpose and file")
        self._begin = begin
        self._write: Writer = _ignore
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._disposition = b""
        self._ended = False
        with _form_errors():
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begins,
                    "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._data_begins,
                    "on_part_data": lambda data, start, end: self._write(data[start:end]),
                    "on_end": self._form_ends,
                },
            )

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        with _form_errors():
            self._parser.write(data)

    def finish(self) -> None:
        """Check that the form was complete.

        Raises:
            Refusal: 400, its end is missing.
        """
        if not self._ended:
            raise Refusal(400, "the form ends too early; send it again, with its closing boundary")

    def _part_begins(self) -> None:
        self._disposition = b""

    def _header_ends(self) -> None:
        if bytes(self._header_name).lower() == b"content-disposition":
            self._disposition = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _data_begins(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = _text(options.get(b"name", b""))
        self._write = self._begin(Part(name, _filename(self._disposition, options.get(b"filename"))))

    def _form_ends(self) -> None:
        self._ended = True


def _filename(disposition: bytes, plain: bytes | None) -> str | None:
    extended = _EXTENDED_NAME.search(disposition)
    raw = unquote_to_bytes(extended[1]) if extended else plain
    if raw is None:
        return None
    # a name is never a path, whichever system it comes from
    base = re.split(r"[/\\]", _text(raw))[-1]
    return "".join(c for c in base if c.isprintable())[:_NAME_LENGTH]


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _ignore(_data: bytes) -> None:
    """Take bytes before the first part, which there are none of."""


@contextmanager
def _form_errors() -> Generator[None, None, None]:
    try:
        yield
    except FormParserError as error:
        raise Refusal(400, f"the form cannot be read ({error}); send multipart/form-data") from error
