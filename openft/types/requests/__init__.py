"""Request bodies: the server parses with these, the client's keywords are tested against them."""

from openft.types.requests.completions import CompletionCreate
from openft.types.requests.fine_tunes import FineTuneCreate

__all__ = ["CompletionCreate", "FineTuneCreate"]
