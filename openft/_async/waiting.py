"""Waiting for a job's end by asking for its status, which is the truth about it."""

from __future__ import annotations

import random
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from openft._core.patience import Patience
from openft._core.request import Request, path
from openft._core.wire import J, S, Wire
from openft._runtime import aio
from openft.errors import APIError, WaitTimeout

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport


LIMIT = 60.0
LOOK = 5.0
"""Seconds that the last look may take, even past the end."""


async def wait(
    transport: AsyncTransport,
    wire: Wire[J, S],
    job_id: str,
    *,
    timeout: float | None,
    poll: float,
) -> S:
    """Return the job once it has succeeded; a lost connection is borne for ten minutes.

    Raises:
        JobFailed: it has failed.
        JobCancelled: it was cancelled.
        WaitTimeout: it is still running after ``timeout`` seconds.
    """
    until = monotonic() + (inf if timeout is None else timeout)
    patience = Patience()
    while True:
        lost: APIError | None = None
        longest = transport.settings.timeout or LIMIT
        request = Request("GET", path(*wire.root, job_id), wire.job)
        try:
            job = await transport.send(request, {"timeout": min(longest, max(until - monotonic(), LOOK))})
        except APIError as error:
            pause, lost = patience.lost(error), error
        else:
            patience.found()
            done = wire.outcome(job)
            if done is not None:
                return done
            pause = poll * random.uniform(0.9, 1.1)  # noqa: S311 - so that many waiters do not ask in step
        left = until - monotonic()
        if left <= 0:
            state = f"cannot be reached ({lost})" if lost else "is still running"
            advice = "wait longer" if lost else "wait longer or cancel it"
            raise WaitTimeout(f"{wire.noun} {job_id} {state} after {timeout:g} s; {advice}") from lost
        await aio.sleep(min(pause, left))
