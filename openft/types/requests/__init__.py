"""Request bodies: the server parses with these, the client's keywords are tested against them."""

from openft.types.requests.chat import ChatCompletionCreate
from openft.types.requests.completions import CompletionCreate
from openft.types.requests.fine_tunes import FineTuneCreate
from openft.types.requests.fine_tuning import FineTuningJobCreate, GraderRun, GraderValidate, PermissionsCreate
from openft.types.requests.uploads import UploadComplete, UploadCreate

__all__ = [
    "ChatCompletionCreate",
    "CompletionCreate",
    "FineTuneCreate",
    "FineTuningJobCreate",
    "GraderRun",
    "GraderValidate",
    "PermissionsCreate",
    "UploadComplete",
    "UploadCreate",
]
