"""An account and a client of it."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from archive.account import Account, hosted
from openft import Client


@pytest.fixture
def account() -> Account:
    """One job of each API, two files."""
    return Account()


@pytest.fixture
def client(account: Account) -> Generator[Client]:
    """A client of the account."""
    with hosted(account) as made:
        yield made
