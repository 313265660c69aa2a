"""The client: settings and connections, with the resources as attributes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from openft._core import checked
from openft._core.lasting import lasting
from openft.config import Settings, address, each_hidden, hidden, webhook_variable
from openft.config import organization as default_organization
from openft.config import project as default_project
from openft.config import webhook_secret as default_webhook_secret

if TYPE_CHECKING:
    import httpx

    from openft._async.chat import AsyncChat
    from openft._async.completions import AsyncCompletions
    from openft._async.files import AsyncFiles
    from openft._async.fine_tunes import AsyncFineTunes
    from openft._async.fine_tuning import AsyncFineTuning
    from openft._async.local import AsyncLocal
    from openft._async.models import AsyncModels
    from openft._async.transport import AsyncTransport
    from openft._async.uploads import AsyncUploads
    from openft._async.webhooks import AsyncWebhooks
    from openft.errors import APIError
    from openft.types import File, FineTune, FineTuningJob
    from openft.types.info import ResponseInfo

_making = Lock()


class AsyncClient:
    """A client of a fine-tuning API. It serves many tasks at once; close it, or use it as a context manager.

    Key and address come from one family, so that a key never goes to another host: ``OPENAI_API_KEY`` with
    ``OPENAI_BASE_URL`` or OpenAI's own address; ``OPENFT_API_KEY`` with ``base_url=``, ``OPENFT_BASE_URL`` or a server
    on this machine.

    Args:
        api_key: the key, or a function that returns it and is asked for every attempt.
        base_url: where the API is, ``/v1`` included.
        organization: sent as ``OpenAI-Organization``.
        project: sent as ``OpenAI-Project``.
        webhook_secret: of your webhook endpoint; several while it is being changed.
        timeout: seconds for a whole call with all its retries, ``math.inf`` for none; None is 60 s, and 600 s for
            completions.
        max_retries: how often a failed attempt is repeated.
        default_headers: sent with every request.
        default_query: likewise, in the query.
        http_client: a client of your own, which stays yours to close.
        on_response: called with a ResponseInfo after every answer. What it raises ends the call as a ConfigError; a
            call that makes something goes on, and it is logged.

    Raises:
        ConfigError: there is no key for the address, or a setting makes no sense.
    """

    def __init__(
        self,
        *,
        api_key: str | Callable[[], str] | None = None,
        base_url: str | None = None,
        organization: str | None = None,
        project: str | None = None,
        webhook_secret: str | Sequence[str] | None = None,
        timeout: float | None = None,
        max_retries: int = 2,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, str] | None = None,
        http_client: httpx.AsyncClient | None = None,
        on_response: Callable[[ResponseInfo], None] | None = None,
    ) -> None:
        api_key, webhook_secret = hidden(api_key), each_hidden(webhook_secret)  # a traceback may show these variables
        where = address(base_url, api_key)
        settings = Settings(
            base_url=where.base_url,
            api_key=where.api_key,
            organization=organization or default_organization(where),
            project=project or default_project(where),
            webhook_secret=default_webhook_secret(where) if webhook_secret is None else webhook_secret,
            webhook_variable=webhook_variable(where),
            timeout=timeout,
            max_retries=max_retries,
            default_headers=default_headers or {},
            default_query=default_query or {},
            on_response=on_response,
        )
        self._settings = checked.settings(settings)
        self._http_client = http_client
        self._local: AsyncLocal | None = None
        self._deliveries: dict[str, tuple[float]] = {}
        self._transport: AsyncTransport | None = None

    @classmethod
    def local(cls, data_dir: str | os.PathLike[str] | None = None, *, temporary: bool = False) -> AsyncClient:
        """Return a client of the embedded server, which is started at the first request or attached to where it runs.

        Args:
            data_dir: where files, jobs and models are kept; None is ``OPENFT_DATA_DIR`` or the user's data folder.
            temporary: keep them in a folder of their own that goes when the client is closed, with jobs at work.

        Raises:
            ConfigError: a data directory cannot be temporary.
        """
        from openft._async.local import AsyncLocal

        client = cls(base_url="http://127.0.0.1/v1", api_key="embedded")
        client._settings = client._settings._replace(base_url="", max_retries=4)
        client._local = AsyncLocal.on(None if data_dir is None else Path(data_dir), temporary=temporary)
        return client

    @property
    def base_url(self) -> str:
        """Where the requests go, ``/v1`` included; empty where that is the embedded server."""
        return self._settings.base_url

    @property
    def transport(self) -> AsyncTransport:
        """What sends the requests of all resources; made at the first of them."""
        if self._transport is None:
            from openft._async.transport import AsyncTransport

            made = AsyncTransport(self._settings, http_client=self._http_client, local=self._local)
            with _making:
                self._transport = self._transport or made
        return self._transport

    @lasting
    def files(self) -> AsyncFiles:
        """Training files and results."""
        from openft._async.files import AsyncFiles

        return AsyncFiles(self)

    @lasting
    def fine_tuning(self) -> AsyncFineTuning:
        """Today's job API."""
        from openft._async.fine_tuning import AsyncFineTuning

        return AsyncFineTuning(self)

    @lasting
    def fine_tunes(self) -> AsyncFineTunes:
        """Fine-tuning jobs of the 2023 API."""
        from openft._async.fine_tunes import AsyncFineTunes

        return AsyncFineTunes(self)

    @lasting
    def models(self) -> AsyncModels:
        """Bases and fine-tuned models."""
        from openft._async.models import AsyncModels

        return AsyncModels(self)

    @lasting
    def completions(self) -> AsyncCompletions:
        """Answers of a model."""
        from openft._async.completions import AsyncCompletions

        return AsyncCompletions(self)

    @lasting
    def chat(self) -> AsyncChat:
        """Answers of a model to a conversation."""
        from openft._async.chat import AsyncChat

        return AsyncChat(self)

    @lasting
    def uploads(self) -> AsyncUploads:
        """Large files, in parts."""
        from openft._async.uploads import AsyncUploads

        return AsyncUploads(self)

    @lasting
    def webhooks(self) -> AsyncWebhooks:
        """Events that the host sends to you."""
        from openft._async.webhooks import AsyncWebhooks

        return AsyncWebhooks(self, self._settings, self._deliveries)

    def with_options(
        self,
        *,
        api_key: str | Callable[[], str] | None = None,
        organization: str | None = None,
        project: str | None = None,
        webhook_secret: str | Sequence[str] | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, str] | None = None,
        on_response: Callable[[ResponseInfo], None] | None = None,
    ) -> AsyncClient:
        """Return a client with other settings on the same connections; what is None stays as it is.

        Headers and query are added to those that the client has.
        """
        api_key, webhook_secret = hidden(api_key), each_hidden(webhook_secret)
        headers = checked.mapping("default_headers", default_headers)
        query = checked.mapping("default_query", default_query)
        given: dict[str, Any] = {
            "api_key": api_key,
            "organization": organization,
            "project": project,
            "webhook_secret": webhook_secret,
            "timeout": timeout,
            "max_retries": max_retries,
            "default_headers": {**self._settings.default_headers, **headers},
            "default_query": {**self._settings.default_query, **query},
            "on_response": on_response,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        copy = object.__new__(type(self))
        copy._settings = checked.settings(self._settings._replace(**changes))
        copy._http_client, copy._local = self._http_client, self._local
        copy._deliveries = self._deliveries
        copy._transport = self.transport.with_settings(copy._settings)
        return copy

    async def reconcile(self, error: APIError) -> FineTuningJob | FineTune | File | None:
        """Return what a create has made though it has failed with this error, None where it has made nothing.

        For creates whose answer was lost on a server that keeps no idempotency keys: the host's lists are looked
        through for what was asked for.

        Raises:
            ConfigError: the error is not one of a create.
            Unsupported: several objects fit, or this kind of object cannot be looked for.
        """
        from openft._async.once import reconcile

        return await reconcile(self, error)

    async def aclose(self) -> None:
        """Close the connections, and the embedded server if this client started it."""
        if self._transport is not None:
            await self._transport.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        from openft._async.resource import place

        return f"<{type(self).__name__} of {place(self)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a client holds a key and connections and cannot be pickled; make one in the other process")
