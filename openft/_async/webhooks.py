"""The webhooks resource."""

from __future__ import annotations

from openft._async.resource import AsyncResource


class AsyncWebhooks(AsyncResource):
    """Events that the host sends: ``client.webhooks``."""
