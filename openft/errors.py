"""Every error that openft raises, in one tree.

```
OpenFTError
├── APIError                        a request did not end well
│   ├── APIConnectionError          no answer, or half of one
│   │   └── APITimeoutError         not in time
│   ├── APIResponseValidationError  an answer that is not what the API promises
│   └── APIStatusError              an answer that says no (.status_code)
│       ├── BadRequestError 400, AuthenticationError 401, PermissionDeniedError 403
│       ├── NotFoundError 404, ConflictError 409, UnprocessableEntityError 422
│       └── RateLimitError 429, InternalServerError >= 500
├── ConfigError                     a setting or argument is missing or makes no sense
├── DataError                       a training file is wrong (.file, .line)
├── JobFailed, JobCancelled         a job that was waited for did not succeed (.job)
├── WaitTimeout                     not ended in time (.ids; also a TimeoutError)
├── LocalServerError                the embedded server did not start
├── MissingExtra                    a feature needs ``pip install 'openft[...]'``
├── WebhookVerificationError        a webhook is not from whom it says
└── Unsupported                     the host, or this version, cannot do it
```

None of them holds a request, a response or a key, and all of them can be pickled.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from openft.types import Job


LONGEST = 300
"""Characters that a repr and a notebook show of one value."""


def _rebuild(cls: type[OpenFTError], args: tuple[object, ...], state: dict[str, object]) -> OpenFTError:
    error = cls.__new__(cls, *args)
    super(OpenFTError, error).__init__(*args)  # what Python's own base makes of them, such as ``ImportError.msg``
    error.__dict__.update(state)
    return error


class OpenFTError(Exception):
    """Base of everything that openft raises."""

    __shown__: ClassVar[tuple[str, ...]] = ()
    """Attributes that a repr has beside the message."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)

    def __repr__(self) -> str:
        status = [repr(value) for name, value in _told(self) if name == "status_code"]
        rest = [f"{name}={_cut(repr(value))}" for name, value in _told(self) if name != "status_code"]
        return f"{type(self).__name__}({', '.join([*status, _cut(repr(str(self))), *rest])})"

    def _repr_html_(self) -> str:
        """Return a small table for notebooks; all content is escaped."""
        from html import escape

        rows = "".join(
            f"<tr><th>{name}</th><td>{escape(_cut(_visible(str(value))))}</td></tr>"
            for name, value in [("message", str(self)), *_told(self)]
        )
        return f"<table><caption>{type(self).__name__}</caption><tbody>{rows}</tbody></table>"


def _told(error: OpenFTError) -> list[tuple[str, object]]:
    """Return the attributes that say something, a job by its id."""
    values = [(name, getattr(error, name, None)) for name in error.__shown__]
    return [(name, getattr(value, "id", value)) for name, value in values if value is not None]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _visible(text: str) -> str:
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


class APIError(OpenFTError):
    """A request to the API did not end well.

    Attributes:
        message: what happened and what to do, without secrets.
        status_code: HTTP status of the answer, None when there was none.
        code, param, type: the server's own words for it, where it sent any.
        body: what the answer has under ``error``, all of it where it has none, its first characters if it is no JSON.
        request_id: what the server calls this request, for its operator's logs.
        retry_after: seconds after which the server asked to be called again.
        attempts: how many times the request was sent.
        elapsed: seconds from the first attempt to this error.
        maybe_done: whether the server may have done the work all the same, in this attempt or one before it.
        creation: what a create had asked for, None for other calls; ``client.reconcile`` looks whether it was made.
    """

    __shown__: ClassVar[tuple[str, ...]] = ("status_code", "code", "param", "request_id")

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        code: str | None = None,
        param: str | None = None,
        type: str | None = None,
        body: object = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.code = code
        self.param = param
        self.type = type
        self.body = body
        self.request_id = request_id
        self.retry_after = retry_after
        self.attempts = 1
        self.elapsed: float = 0.0
        self.maybe_done = False
        self.creation: object = None


class APIConnectionError(APIError):
    """No complete answer came back; whether the server did the work is unknown unless the message says so."""


class APITimeoutError(APIConnectionError):
    """No complete answer came back in the time allowed."""


class APIResponseValidationError(APIError):
    """The answer was complete but is not what the API promises."""


class APIStatusError(APIError):
    """The server answered with an error status."""


class BadRequestError(APIStatusError):
    """400: the request is wrong; ``param`` often names the field."""


class AuthenticationError(APIStatusError):
    """401: the API key is missing or wrong."""


class PermissionDeniedError(APIStatusError):
    """403: the key is known but may not do this."""


class NotFoundError(APIStatusError):
    """404: no such file, job, model or path."""


class ConflictError(APIStatusError):
    """409: the request contradicts another one that is still at work."""


class UnprocessableEntityError(APIStatusError):
    """422: the request was understood but cannot be carried out."""


class RateLimitError(APIStatusError):
    """429: too many requests, or the model is still being loaded (``code == "model_not_ready"``)."""


class InternalServerError(APIStatusError):
    """500 and above: the server failed."""


class ConfigError(OpenFTError, ValueError):
    """A setting or an argument is missing, makes no sense, or contradicts another; nothing was sent."""


class DataError(OpenFTError):
    """A training file is wrong.

    Attributes:
        file: the file's name as the user gave it, None for data in memory.
        line: the line number, counted from 1, None when the file as a whole is meant.
        reason: what is wrong and what to do, without the place.
    """

    def __init__(self, reason: str, *, file: str | None = None, line: int | None = None) -> None:
        place = "".join(f"{part}: " for part in (_place(file, line),) if part)
        super().__init__(f"{place}{reason}")
        self.reason = reason
        self.file = file
        self.line = line


def _place(file: str | None, line: int | None) -> str:
    if line is None:
        return file or ""
    return f"{file}:{line}" if file else f"line {line}"


class JobFailed(OpenFTError):  # noqa: N818 - public name fixed by the design
    """A job that was waited for has failed; ``job`` is its last state."""

    __shown__: ClassVar[tuple[str, ...]] = ("job", "code", "param")

    def __init__(self, message: str, *, job: Job) -> None:
        super().__init__(message)
        self.job = job

    @property
    def code(self) -> str | None:
        """The server's word for the reason, where it has one."""
        return self.job.error.code if self.job.error else None

    @property
    def param(self) -> str | None:
        """What was wrong, ``training_file`` for one, where the server says so."""
        return self.job.error.param if self.job.error else None


class JobCancelled(OpenFTError):  # noqa: N818 - public name fixed by the design
    """A job that was waited for was cancelled; ``job`` is its last state."""

    __shown__: ClassVar[tuple[str, ...]] = ("job",)

    def __init__(self, message: str, *, job: Job) -> None:
        super().__init__(message)
        self.job = job


class WaitTimeout(OpenFTError, TimeoutError):  # noqa: N818 - public name fixed by the design
    """What was waited for is not there yet; nothing was cancelled."""

    def __init__(self, message: str, *, ids: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.ids: tuple[str, ...] = tuple(sorted(ids))
        """What was waited for and has not come: jobs, a file, a model by its name."""


class LocalServerError(OpenFTError):
    """The embedded server could not be started or attached to; the message has its last words."""


class MissingExtra(OpenFTError, ImportError):  # noqa: N818 - public name fixed by the design
    """A feature needs packages that the base install does not bring; the message has the install line."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs more packages; install them with: pip install 'openft[{extra}]'")
        self.extra = extra


class WebhookVerificationError(OpenFTError, ValueError):
    """A webhook's signature or time does not hold."""


class Unsupported(OpenFTError):  # noqa: N818 - public name fixed by the design
    """The host, or this version of openft, cannot do what was asked."""
