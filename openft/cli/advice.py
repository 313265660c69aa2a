"""What to do with files that were prepared: a line that can be pasted into a shell, and how to ask the model then."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from openft.data import FileFacts, Kind
from openft.data.models import EMBEDDED

_TODAY = "gpt-4.1-mini-2025-04-14"
"""A model that learns from conversations; the embedded bases do not."""
_METHODS: Mapping[Kind, str] = {"chat": "", "preference": ', method={"type": "dpo"}'}


def advice(
    files: Sequence[Path], facts: FileFacts, labels: Mapping[str, int], model: str | None = None
) -> Iterator[str]:
    """Yield lines: how to train on the files, and how to ask the model then.

    Args:
        files: the training file, and the validation file if there is one.
        facts: what is in them.
        labels: the classes, the most frequent first.
        model: what is to be trained, where that was said.
    """
    if facts.kind == "reinforcement":
        yield "to train, give client.fine_tuning.jobs.create the files and, in method=, a grader"
    elif facts.kind == "prompt_completion":
        base = model if model in EMBEDDED else "ada"
        yield "to train on this machine, paste:"
        yield f"  {_local(files, labels, base)}"
        yield "or start the same job elsewhere with openft.Client() in place of openft.Client.local()"
        yield from _asking(facts, labels)
    else:
        yield "to train with the key in OPENAI_API_KEY, paste:"
        yield f"  {_hosted(files, facts.kind, model if model and model not in EMBEDDED else _TODAY)}"


def _asking(facts: FileFacts, labels: Mapping[str, int]) -> Iterator[str]:
    if facts.separator:
        yield f"then end each prompt with {_quoted(facts.separator)}, as in the data"
    if facts.stop:
        yield f"and stop where completions end: stop=[{_quoted(facts.stop)}]"
    elif labels:
        yield "and ask for max_tokens=1, or as many as the longest class has"


def _local(files: Sequence[Path], labels: Mapping[str, int], model: str) -> str:
    keywords = [_files(files), f"model={_quoted(model)}"]
    if len(files) > 1 and len(labels) > 1:
        keywords.append("compute_classification_metrics=True")
        positive = f"classification_positive_class={_quoted(next(iter(labels)))}"
        keywords.append(positive if len(labels) == 2 else f"classification_n_classes={len(labels)}")
    return _program("openft.Client.local()", "fine_tunes", ", ".join(keywords))


def _hosted(files: Sequence[Path], kind: Kind, model: str) -> str:
    keywords = f"{_files(files)}, model={_quoted(model)}{_METHODS[kind]}"
    return _program("openft.Client()", "fine_tuning.jobs", keywords)


def _files(files: Sequence[Path]) -> str:
    names = ("training_file", "validation_file")
    return ", ".join(f"{name}=Path({_quoted(str(path))})" for name, path in zip(names, files, strict=False))


def _program(client: str, jobs: str, keywords: str) -> str:
    code = (
        f"import openft; from pathlib import Path; client = {client}; job = client.{jobs}.create({keywords}); "
        f"print(client.{jobs}.wait(job.id).fine_tuned_model)"
    )
    return f"python -c {shlex.quote(code)}"


def _quoted(text: str) -> str:
    """Return a text as Python writes it, in double quotes and with nothing in it that a terminal would obey."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in quoted)
