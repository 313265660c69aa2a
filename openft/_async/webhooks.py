"""The webhooks resource."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from openft._async.resource import AsyncResource
from openft._core import webhooks
from openft._core.webhooks import TOLERANCE, HeadersLike, Secrets
from openft.types.webhooks import WebhookEvent

if TYPE_CHECKING:
    from openft._async.client import AsyncClient
    from openft.config import Settings


class AsyncWebhooks(AsyncResource):
    """Events that the host sends to you: ``client.webhooks``. Nothing here goes over the network."""

    def __init__(self, client: AsyncClient, settings: Settings, memory: dict[str, tuple[float]]) -> None:
        super().__init__(client)
        self._settings = settings
        self._memory = memory

    def unwrap(
        self,
        payload: str | bytes,
        headers: HeadersLike,
        *,
        secret: str | Sequence[str] | None = None,
        tolerance: float = TOLERANCE,
        seen: Callable[[str], bool] | None = None,
    ) -> WebhookEvent:
        """Return the event that was sent, once its signature has been verified.

        The same delivery is not taken twice by one client. What the host sends again, because you did not answer 2xx,
        is a new delivery of the same event: keep ``event.id`` where all your processes see it, to act once.

        Args:
            payload: the body of the request, as it came.
            headers: its headers, as the web framework has them.
            secret: of this endpoint, in place of the client's; several while it is being changed.
            tolerance: seconds that the delivery may be old, or ahead of this machine's clock.
            seen: told the name of a delivery, whether it was here before; in place of the client's own memory, for
                services of several processes (``lambda name: not redis.set(name, 1, nx=True, ex=900)``) or to allow
                replays (``lambda name: False``).

        Raises:
            WebhookVerificationError: it is not from who knows the secret, too old or too new, a replay, or no event.
            ConfigError: there is no secret.
        """
        box, secret = self._box(secret), None
        now = self._settings.clock.wall()
        delivery = webhooks.verified(payload, headers, box, tolerance=tolerance, now=now)
        event = webhooks.event_of(payload)
        if seen is not None:
            new = not seen(delivery.name)
        else:
            new = webhooks.is_first(self._memory, delivery, until=int(delivery.timestamp) + tolerance, now=now)
        if not new:
            raise webhooks.replay(delivery)
        return event

    def verify_signature(
        self,
        payload: str | bytes,
        headers: HeadersLike,
        *,
        secret: str | Sequence[str] | None = None,
        tolerance: float = TOLERANCE,
    ) -> None:
        """Raise unless the request comes from who knows the secret, and is fresh; replays are not noticed.

        Args:
            payload: the body of the request, as it came.
            headers: its headers, as the web framework has them.
            secret: of this endpoint, in place of the client's; several while it is being changed.
            tolerance: seconds that the delivery may be old, or ahead of this machine's clock.

        Raises:
            WebhookVerificationError: it is not, or is not.
            ConfigError: there is no secret.
        """
        box, secret = self._box(secret), None
        webhooks.verified(payload, headers, box, tolerance=tolerance, now=self._settings.clock.wall())

    def _box(self, secret: str | Sequence[str] | None) -> Secrets:
        return Secrets(self._settings.webhook_secret if secret is None else secret, self._settings.webhook_variable)
