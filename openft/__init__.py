"""openft: the open home of the fine-tuning job API.

```python
import openft

client = openft.Client.local()
```

Names are loaded when they are first used, so that ``import openft`` costs next to nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openft import data, errors, types
    from openft._async.client import AsyncClient
    from openft._async.follow import AsyncFollow
    from openft._async.stream import AsyncStream
    from openft._sync.client import Client
    from openft._sync.follow import Follow
    from openft._sync.stream import Stream
    from openft._version import __version__
    from openft.errors import (
        APIConnectionError,
        APIError,
        APIResponseValidationError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConfigError,
        ConflictError,
        DataError,
        InternalServerError,
        JobCancelled,
        JobFailed,
        LocalServerError,
        MissingExtra,
        NotFoundError,
        OpenFTError,
        PermissionDeniedError,
        RateLimitError,
        UnprocessableEntityError,
        Unsupported,
        WaitTimeout,
        WebhookVerificationError,
    )

_HOMES = {
    "_version": ("__version__",),
    "_sync.client": ("Client",),
    "_sync.follow": ("Follow",),
    "_sync.stream": ("Stream",),
    "_async.client": ("AsyncClient",),
    "_async.follow": ("AsyncFollow",),
    "_async.stream": ("AsyncStream",),
    "errors": (
        "APIConnectionError",
        "APIError",
        "APIResponseValidationError",
        "APIStatusError",
        "APITimeoutError",
        "AuthenticationError",
        "BadRequestError",
        "ConfigError",
        "ConflictError",
        "DataError",
        "InternalServerError",
        "JobCancelled",
        "JobFailed",
        "LocalServerError",
        "MissingExtra",
        "NotFoundError",
        "OpenFTError",
        "PermissionDeniedError",
        "RateLimitError",
        "UnprocessableEntityError",
        "Unsupported",
        "WaitTimeout",
        "WebhookVerificationError",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}
_ROOMS = ("data", "errors", "types")
__all__ = [  # noqa: PLE0604 - the names stand above, once
    *_HOME,
    *_ROOMS,
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _ROOMS:
        return import_module(f"openft.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'openft' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"openft.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
