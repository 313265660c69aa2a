"""What an error means for all the other rows: it is one row's own, or asking on makes no sense."""

from __future__ import annotations

from threading import Lock

from openft.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    AuthenticationError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from openft.patience import BUSY, LONGEST_PAUSE

MOST_WRONG = 20
"""Rows that the host may refuse before it has answered any."""
_HOST = (APIConnectionError, APIResponseValidationError, InternalServerError, RateLimitError)


class Trouble:
    """Counts errors and answers of a run.

    Args:
        most: rows in succession that may fail because the host is away or busy, however often each was repeated.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._turn = Lock()
        self._streak = self._wrong = 0
        self._answered = False
        self.answers: int = 0
        """Of this run."""

    def answered(self) -> None:
        """Take note of an answer."""
        with self._turn:
            self.answers += 1
            self._answered, self._streak = True, 0

    def has_answered(self) -> None:
        """Take note of an answer from earlier, which says nothing of how the host is now."""
        with self._turn:
            self._answered = True

    def is_the_end(self, error: APIError, before: int) -> bool:
        """Take note of an error, and return whether no other row need be asked.

        Args:
            error: how a row has ended.
            before: the answers that there were when it was begun.
        """
        if isinstance(error, AuthenticationError | NotFoundError) or error.code == "insufficient_quota":
            return True
        with self._turn:
            if error.status_code in BUSY and (self.answers == before or (error.retry_after or 0.0) > LONGEST_PAUSE):
                return True
            if isinstance(error, _HOST):
                self._streak += 1
                return self._streak >= self._most
            self._wrong += 1
            refused = isinstance(error, PermissionDeniedError)
            return not self._answered and (refused or self._wrong >= MOST_WRONG)


def told(error: APIError) -> dict[str, object]:
    """Return an error as it stands in the output."""
    said = {name: getattr(error, name) for name in ("status_code", "code", "param")}
    return {
        "type": type(error).__name__,
        "message": error.message,
        **{name: value for name, value in said.items() if value is not None},
    }
