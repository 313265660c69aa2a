"""The examples of a job's file that the model can see, with a word about the others."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from openft.server.engine.bases import LoadedModel
from openft.server.engine.dataset import Example, UnusableFile, fitting, read_examples
from openft.server.engine.events import EventLog
from openft.server.engine.failures import JobFailure


def read_fitting(
    path: Path, loaded: LoadedModel, log: EventLog, kind: Literal["training", "validation"] = "training"
) -> list[Example]:
    """Return a file's examples, less those that are too long; an event tells which.

    Raises:
        JobFailure: The file is unusable, or most of its examples are too long.
    """
    code, param = f"invalid_{kind}_file", f"{kind}_file"
    try:
        examples = read_examples(path, loaded.codec)
    except UnusableFile as error:
        raise JobFailure(str(error), code=code, param=param) from error
    fits, long = fitting(examples, loaded.context)
    count = f"{len(long)} of {len(examples)}"
    places = "(lines " + ", ".join(str(example.line) for example in long[:5]) + (", …)" if len(long) > 5 else ")")
    if 2 * len(long) > len(examples):
        message = f"most {kind} examples exceed the {loaded.context}-token limit: {count} examples {places}"
        raise JobFailure(f"{message}; shorten or remove them", code=code, param=param)
    if long:
        key, noun = ("skipped", "") if kind == "training" else ("skipped-validation", "validation ")
        message = f"Skipped {count} {noun}examples {places}: more than {loaded.context} tokens"
        data = {"skipped": len(long), "lines": [example.line for example in long[:100]]}
        log.add(key, message, level="warn", data=data)
    return fits
