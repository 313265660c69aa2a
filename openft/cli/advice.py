"""What to do with files that were prepared: a line that can be pasted into a shell, and how to ask the model then."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from openft.data import FileFacts, Fix, Kind, Tokens, counter
from openft.data.checks import rules
from openft.data.models import EMBEDDED, base_of
from openft.data.tokens import is_path
from openft.display import words

_TODAY = "gpt-4.1-mini-2025-04-14"
"""A model that learns from conversations; the embedded bases do not."""
_BASE = EMBEDDED[0]
_OF_PROMPTS = (rules.PROMPT_PREFIX.id, rules.UPPER_CASE_PROMPT.id)
"""The fixes of prompts that are to be made whenever the model is asked, beside the separator."""
_METHODS: Mapping[Kind, str] = {"prompt_completion": "", "chat": "", "preference": ', method={"type": "dpo"}'}


def advice(
    files: Sequence[Path],
    facts: FileFacts,
    labels: Mapping[str, int],
    model: str | None = None,
    *,
    longest: str = "",
    made: Sequence[Fix] = (),
    system: str | None = None,
) -> Iterator[str]:
    """Yield lines: how to train on the files, and how to ask the model then.

    Args:
        files: the training file, and the validation file if there is one.
        facts: what is in them.
        labels: the classes, the most frequent first.
        model: what is to be trained, where that was said.
        longest: the longest completion.
        made: the fixes that were made.
        system: the system message that rows were given.
    """
    name = None if model is None or is_path(model) else model
    if facts.kind == "reinforcement":
        yield "to train, give client.fine_tuning.jobs.create the files and, in method=, a grader"
    elif facts.kind == "prompt_completion" and (name is None or base_of(name) in EMBEDDED):
        yield "to train on this machine, paste:"
        yield f"  {_local(files, labels, name or _BASE)}"
        yield "or start the same job elsewhere with openft.Client() in place of openft.Client.local()"
        if len(files) > 1 and len(labels) == 2:
            positive, other = map(_quoted, labels)
            yield f"metrics are of the class {positive}; for those of {other}, name it as classification_positive_class"
        yield from _asking(facts, labels or [longest], counter(model or _BASE), made)
    else:
        yield "to train with the key in OPENAI_API_KEY, paste:"
        yield f"  {_hosted(files, facts.kind, _TODAY if name is None or base_of(name) in EMBEDDED else name)}"
        if facts.kind == "prompt_completion":
            yield from _asking(facts, labels or [longest], counter(model), made)
        elif system is not None:
            yield f"then ask with the same system message: {_quoted(system)}"


def _asking(facts: FileFacts, answers: Iterable[str], tokens: Tokens, made: Sequence[Fix]) -> Iterator[str]:
    """Yield how to ask the model: with prompts like those in the data, for answers as long as those in it."""
    for fix in made:
        if fix.id in _OF_PROMPTS:
            yield f"then do to prompts what was done to the data: {words(fix.does, 300)}"
    if facts.separator:
        yield f"then end each prompt with {_quoted(facts.separator)}, as in the data"
    if facts.stop:
        yield f"and stop where completions end: stop=[{_quoted(facts.stop)}]"
    if most := max(tokens.count_all(list(answers))):
        how = "counted" if tokens.exact else "estimated"
        yield f"and ask for max_tokens={most}, as many as the longest completion has ({how})"


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
