"""The uploads resource."""

from __future__ import annotations

from openft._async.resource import AsyncResource


class AsyncUploads(AsyncResource):
    """Large files, in parts: ``client.uploads``."""
