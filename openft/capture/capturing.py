"""A capture from its beginning to its end: look, ask what is missing, write all."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Unpack

from openft.capture.asker import Asker
from openft.capture.cache import Cache
from openft.capture.places import refuse_most
from openft.capture.questions import Question
from openft.capture.report import Capture, Plan
from openft.capture.scratch import Scratch
from openft.capture.setup import CaptureOptions, Setup
from openft.capture.writing import write

if TYPE_CHECKING:
    from openft import Client


def answers(
    client: Client | None,
    model: str,
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    **options: Unpack[CaptureOptions],
) -> Capture:
    """Write a model's answers to the rows of a file, and return what they came to.

    ```python
    capture = openft.capture.answers(client, "ft:gpt-4o-mini:acme:mood:abc", "train.jsonl", "answers.jsonl")
    print(capture.text())
    ```

    An answer is on the disk, in the cache, before the next question is asked in its place: whatever happens, calling it
    again goes on from there. ``out`` appears at the end, whole, with a line for each row in the order of the file.

    Args:
        client: asks; None asks nothing, and writes what the cache has.
        model: who answers.
        source: a training file, or prompts, in any format that ``openft.data.open_rows`` reads.
        out: where the answers go, as JSON lines; an earlier output is replaced, unless more of its rows have an answer.
        **options: see CaptureOptions.

    Raises:
        AuthenticationError: the key is wrong.
        NotFoundError: there is no such model.
        APIError: the host was away for long, or refuses everything; what it has answered is kept.
        Unsupported: the model answers at the other endpoint.
        ConfigError: an option makes no sense.
        DataError: the file cannot be read, the answers cannot be kept, the cache has those of another host, or ``out``
            is something else or has more answers than would be in it.
    """
    started = time.monotonic()
    setup = Setup(model, source, out, options, asks=client is not None)
    refuse_most(setup.out, setup.look.askable)
    with _cache(setup, only_read=client is None) as cache, Scratch() as scratch:
        asker = Asker(model, setup.parameters, cache, scratch, setup.note)
        if client is not None:
            _ask(client, setup, asker)
        tally = write(setup, asker)
    return tally.capture(setup, asker, time.monotonic() - started)


def _ask(client: Client, setup: Setup, asker: Asker) -> None:
    rows = count(1)
    try:
        asker.ask_all(
            client,
            setup.questions,
            concurrency=setup.concurrency,
            max_retries=setup.max_retries,
            moved=lambda: setup.moved(next(rows), asker.asked),
        )
    except (Exception, KeyboardInterrupt) as error:
        if asker.asked:
            note = (
                f"{asker.asked:,} answers of this run are kept in {setup.cache}; to go on from there, do the same again"
            )
            error.add_note(note)
        raise
    setup.moved(setup.look.rows, asker.asked)


def _cache(setup: Setup, *, only_read: bool) -> Cache:
    if only_read and not setup.cache.exists():
        return Cache(":memory:")
    return Cache(setup.cache, only_read=only_read)


def plan(
    model: str,
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    **options: Unpack[CaptureOptions],
) -> Plan:
    """Return what ``answers`` would ask, without asking or writing anything.

    Raises:
        ConfigError: an option makes no sense.
        DataError: the file cannot be read, or the answers could not be written there.
    """
    setup = Setup(model, source, out, options)
    refuse_most(setup.out, setup.look.askable)
    seen: Counter[str] = Counter()
    with _cache(setup, only_read=True) as cache, Scratch() as scratch, Scratch() as met:
        asker = Asker(model, setup.parameters, cache, scratch, setup.note)
        tokens = setup.tokens(_to_ask(setup, asker, met, seen))
    most = setup.parameters.max_tokens
    return Plan(
        model=model,
        out=str(setup.out),
        cache=str(setup.cache),
        rows=setup.look.rows,
        unaskable=setup.look.rows - setup.look.askable,
        cached=seen["cached"],
        to_ask=seen["to ask"],
        prompt_tokens=tokens,
        most_completion_tokens=None if most is None else most * seen["to ask"],
        exact=setup.exact,
        notes=tuple(setup.notes),
    )


def _to_ask(setup: Setup, asker: Asker, met: Scratch, seen: Counter[str]) -> Iterator[Question]:
    """Yield the questions that have no answer, equal ones once, and count them beside the others."""
    for asked in asker.each(setup.questions):
        if asked.question.problem is not None:
            continue
        if asker.find(asked) is not None:
            seen["cached"] += 1
        elif met.nth(asker.key(asked)) == 0:
            seen["to ask"] += 1
            yield asked.question
