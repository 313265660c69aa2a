"""What to do with files that were prepared: lines that can be pasted into a shell, and how to use the model."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from openft.data import FileFacts
from openft.display import words


def advice(files: Sequence[Path], facts: FileFacts, labels: Mapping[str, int]) -> Iterator[str]:
    """Yield lines: how to train on the files, on this machine, and how to ask the model then."""
    yield "to train on this machine, paste:"
    yield f"  {command(files, labels)}"
    yield "or start the same job elsewhere with openft.Client() in place of openft.Client.local()"
    if facts.kind != "prompt_completion":
        return
    if facts.separator:
        yield f"then end each prompt with {_quoted(facts.separator)}, as in the data"
    if facts.stop:
        yield f"and stop at the end that completions have: stop=[{_quoted(facts.stop)}]"
    elif labels:
        yield "and ask for max_tokens=1, or as many as the longest class has"


def command(files: Sequence[Path], labels: Mapping[str, int]) -> str:
    """Return a shell command that trains a model on this machine and prints its name."""
    keywords = [f"training_file=Path({json.dumps(str(files[0]), ensure_ascii=False)})"]
    if len(files) > 1:
        keywords.append(f"validation_file=Path({json.dumps(str(files[1]), ensure_ascii=False)})")
    keywords.append('model="ada"')
    if len(files) > 1 and len(labels) > 1:
        keywords.append("compute_classification_metrics=True")
        positive = f"classification_positive_class={json.dumps(next(iter(labels)), ensure_ascii=False)}"
        keywords.append(positive if len(labels) == 2 else f"classification_n_classes={len(labels)}")
    code = (
        "import openft; from pathlib import Path; client = openft.Client.local(); "
        f"job = client.fine_tunes.create({', '.join(keywords)}); "
        "print(client.fine_tunes.wait(job.id).fine_tuned_model)"
    )
    return f"python -c {shlex.quote(code)}"


def _quoted(text: str) -> str:
    return words(json.dumps(text, ensure_ascii=False))
