"""The error answer: four keys, whatever went wrong."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse


class Refusal(Exception):  # noqa: N818 - read as a statement
    """Ends a request with an error answer."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.headers = headers

    @property
    def body(self) -> dict[str, dict[str, str | None]]:
        """The answer's body; old clients need all four keys."""
        kind = _KINDS.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    @property
    def response(self) -> JSONResponse:
        """The answer."""
        return JSONResponse(self.body, self.status, self.headers)


_KINDS = {429: "rate_limit_error"}


def not_found(what: str, remedy: str, *, code: str | None = None, param: str | None = None) -> Refusal:
    """Return a 404."""
    return Refusal(404, f"no such {what}; {remedy}", code=code, param=param)


def come_back(message: str, *, seconds: int = 1, code: str | None = None) -> Refusal:
    """Return a 429 that says when to ask again."""
    return Refusal(429, message, code=code, headers={"retry-after": str(seconds)})


def too_slow(what: str) -> Refusal:
    """Return a 408, after which the connection is closed."""
    message = f"{what} did not arrive in time; send the request again, without pauses"
    return Refusal(408, message, code="request_timeout", headers={"connection": "close"})
