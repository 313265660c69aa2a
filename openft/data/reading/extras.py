"""Packages that only some formats need, loaded when such a file is read."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from openft.errors import MissingExtra


def package(name: str, feature: str, extra: str) -> ModuleType:
    """Return a package.

    Raises:
        MissingExtra: it is not installed; the text has the install line.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtra(feature, extra) from error
