"""Where a key may have been left: in an error and all that led to it, with the variables of every frame."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterator

from loopback import KEY


def led_to(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and all that it came from."""
    rest: list[BaseException | None] = [error]
    seen: set[int] = set()
    while rest:
        one = rest.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            rest += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def shown(error: BaseException, secret: str = KEY) -> list[str]:
    """Return every text of an error that shows the secret."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    texts = ["".join(told.format())]
    for one in led_to(error):
        texts += [str(one), repr(one), repr(vars(one))]
        request = vars(one).get("_request")
        texts += [repr(getattr(request, "headers", None) and list(request.headers.raw))] if request else []
    texts.append(pickle.dumps(error).decode("latin-1"))
    return [text for text in texts if secret in text]
