"""The chat resource."""

from __future__ import annotations

from openft._async.resource import AsyncResource


class AsyncChat(AsyncResource):
    """Answers to conversations: ``client.chat``."""
