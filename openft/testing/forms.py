"""A multipart form, taken apart in memory."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

_PARAMETER = re.compile(rb'(\w+)="((?:[^"\\]|\\.)*)"')
_EXTENDED = re.compile(rb"""filename\*=(?:utf-8|UTF-8)''([^;\s]+)""")
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')


@dataclass(frozen=True)
class Sent:
    """A file in a form."""

    filename: str
    """Without folders."""
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """The content's digest."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Form:
    """Text fields and files by name."""

    fields: dict[str, str] = field(default_factory=dict[str, str])
    files: dict[str, Sent] = field(default_factory=dict[str, Sent])
    whole: bool = False
    """Whether the body is a form at all, to its end."""


def form_of(content_type: str, content: bytes) -> Form:
    """Return the form that a body is, an empty one if it is none."""
    boundary = _BOUNDARY.search(content_type)
    if not content_type.startswith("multipart/form-data") or boundary is None:
        return Form()
    parts = (b"\r\n" + content).split(b"\r\n--" + boundary[1].encode())[1:]
    form = Form(whole=bool(parts) and parts[-1].startswith(b"--"))
    for part in parts:
        head, found, body = part.partition(b"\r\n\r\n")
        if not found:  # what closes the form
            continue
        _add(form, head, body)
    return form


def _add(form: Form, head: bytes, body: bytes) -> None:
    named = {name: value.decode("utf-8", "replace") for name, value in _PARAMETER.findall(head)}
    if extended := _EXTENDED.search(head):  # RFC 5987, as requests sends names outside ASCII
        named[b"filename"] = unquote(extended[1].decode("ascii", "replace"))
    name = named.get(b"name", "")
    if b"filename" in named:
        form.files[name] = Sent(re.split(r"[/\\]", named[b"filename"])[-1] or "file", body)
    else:
        form.fields[name] = body.decode("utf-8", "replace")
