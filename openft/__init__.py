"""openft: the open home of the fine-tuning job API.

```python
import openft

client = openft.Client.local()
```

Names are loaded when they are first used, so that ``import openft`` costs next to nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openft import archive, capture, data, errors, testing, types
    from openft._async.client import AsyncClient
    from openft._async.follow import AsyncFollow
    from openft._async.pager import AsyncPager
    from openft._async.stream import AsyncStream
    from openft._async.waiting import AsyncCompleted
    from openft._core.options import RequestOptions
    from openft._core.shutdown import ShutdownWarning
    from openft._sync.client import Client
    from openft._sync.follow import Follow
    from openft._sync.pager import Pager
    from openft._sync.stream import Stream
    from openft._sync.waiting import Completed
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
    from openft.types.info import ResponseInfo

else:
    _HOMES = {
        "AsyncClient": "_async.client",
        "AsyncCompleted": "_async.waiting",
        "AsyncFollow": "_async.follow",
        "AsyncPager": "_async.pager",
        "AsyncStream": "_async.stream",
        "Client": "_sync.client",
        "Completed": "_sync.waiting",
        "Follow": "_sync.follow",
        "Pager": "_sync.pager",
        "RequestOptions": "_core.options",
        "ResponseInfo": "types.info",
        "ShutdownWarning": "_core.shutdown",
        "Stream": "_sync.stream",
        "__version__": "_version",
    }

    def __getattr__(name):
        from importlib import import_module

        if name in ("archive", "capture", "data", "errors", "testing", "types"):
            return import_module(f"openft.{name}")
        if name not in __all__:
            raise AttributeError(f"module 'openft' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"openft.{_HOMES.get(name, 'errors')}"), name)
        return value

    def __dir__():
        return sorted(__all__)


__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncClient",
    "AsyncCompleted",
    "AsyncFollow",
    "AsyncPager",
    "AsyncStream",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "Completed",
    "ConfigError",
    "ConflictError",
    "DataError",
    "Follow",
    "InternalServerError",
    "JobCancelled",
    "JobFailed",
    "LocalServerError",
    "MissingExtra",
    "NotFoundError",
    "OpenFTError",
    "Pager",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestOptions",
    "ResponseInfo",
    "ShutdownWarning",
    "Stream",
    "UnprocessableEntityError",
    "Unsupported",
    "WaitTimeout",
    "WebhookVerificationError",
    "__version__",
    "archive",
    "capture",
    "data",
    "errors",
    "testing",
    "types",
]
