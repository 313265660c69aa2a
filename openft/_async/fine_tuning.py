"""The fine_tuning resource: today's job API."""

from __future__ import annotations

from openft._async.resource import AsyncResource


class AsyncFineTuning(AsyncResource):
    """Today's job API: ``client.fine_tuning``."""
