"""``openft capture``: the answers of a model to a file, kept before it is switched off."""

from __future__ import annotations

import enum
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import openft
from openft.cli.check import refuse_stdin
from openft.cli.counting import CountingBar
from openft.cli.ends import FAILED, ending
from openft.cli.options import Completion, Encoding, Format, Json, Prompt, Sheet
from openft.errors import ConfigError, OpenFTError

if TYPE_CHECKING:  # what captures need is loaded by those who capture
    from openft.capture import Capture, CaptureOptions


INTERRUPTED = "interrupted; what was answered is kept, and the same command goes on from there"
"""What Ctrl-C says where no answer of this run is kept."""


class ApiName(enum.StrEnum):
    """Where a model answers."""

    completions = "completions"
    chat = "chat"


@ending
def capture(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Who answers.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A training file, or prompts.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="OUT", help="What to write.  [default: FILE_MODEL.jsonl beside FILE]"),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where answers are kept as they come.  [default: OUT.cache]")
    ] = None,
    prompt: Prompt = None,
    completion: Completion = None,
    format: Format = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    api: Annotated[
        ApiName | None, typer.Option(help="Where all is asked.  [default: prompts completions, messages chat]")
    ] = None,
    system: Annotated[
        str | None, typer.Option(metavar="TEXT", help="With --api chat, the system message before each prompt.")
    ] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Of an answer; found out of the file by default.")] = None,
    temperature: Annotated[float, typer.Option(help="0 is always the likeliest answer.")] = 0,
    top_p: Annotated[float | None, typer.Option(help="Sample from the likeliest tokens.")] = None,
    stop: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help=r"Where answers end, such as '\n'; may be repeated, '' is nothing."),
    ] = None,
    logprobs: Annotated[
        int | None, typer.Option(help="Likely tokens at each place.  [default: 5 for classes, else 0]")
    ] = None,
    no_logprobs: Annotated[bool, typer.Option("--no-logprobs", help="Ask for no log-probabilities.")] = False,
    seed: Annotated[int | None, typer.Option(help="With a temperature, which answer it is.")] = None,
    concurrency: Annotated[int, typer.Option(help="Questions side by side at most.")] = 8,
    limit: Annotated[int | None, typer.Option(metavar="N", help="Ask the first N rows only.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be asked, and ask nothing.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nothing; write the answers that there are.")] = False,
    as_json: Json = False,
) -> None:
    """Ask a model all prompts of a file, and write its answers beside those that the file expects.

    Each answer is on the disk before the next question is asked: after Ctrl-C, a crash or a lost network, the same
    command goes on from there, and asks nothing again that it has. Key and address come from the environment
    (OPENAI_API_KEY, or OPENFT_BASE_URL and OPENFT_API_KEY). Before answers are used for training, read the terms of
    their host.

    \b
    Examples:
      openft capture ft:gpt-4o-mini:acme:mood:abc train.jsonl
      openft capture ft:gpt-4o-mini:acme:mood:abc reviews.csv --prompt review --completion label --api chat
      openft capture ada:ft-acme:mood train.jsonl --dry-run
    """  # noqa: D301 - click wants the character
    refuse_stdin(file)
    if str(output) == "-":
        raise ConfigError("answers are written as a whole when all are there; name a file (-o)")
    if no_logprobs and logprobs is not None:
        raise ConfigError(f"--logprobs {logprobs} and --no-logprobs contradict each other; leave one out")
    options: CaptureOptions = {
        "prompt": prompt,
        "completion": completion,
        "format": format.value if format else None,
        "encoding": encoding,
        "sheet": sheet,
        "api": api.value if api else None,
        "system": system,
        "limit": limit,
        "cache": cache,
        "max_tokens": max_tokens,
        "temperature": temperature,
        "top_p": top_p,
        "stop": None if stop is None else [unescaped(text) for text in stop if text],
        "logprobs": False if no_logprobs else logprobs,
        "seed": seed,
        "concurrency": concurrency,
        "tell": lambda note: print(note, file=sys.stderr),
    }
    out = output or default_output(file, model)
    if dry_run:
        planned = openft.capture.plan(model, file, out, **options)
        print(planned.to_json() if as_json else planned.text())
        return
    found = _run(model, file, out, options, offline=offline)
    print(found.to_json() if as_json else found.text())
    if not found.complete:
        sys.exit(FAILED)


def _run(model: str, file: Path, out: Path, options: CaptureOptions, *, offline: bool) -> Capture:
    if offline:
        return openft.capture.answers(None, model, file, out, **options)
    with CountingBar() as bar, openft.Client() as client:
        options["tell"] = bar.note
        options["on_progress"] = lambda now: bar.moved(now.rows, now.total, f"{now.asked:,} answered")
        try:
            return openft.capture.answers(client, model, file, out, **options)
        except (KeyboardInterrupt, OpenFTError) as error:
            bar.stop()
            said = [INTERRUPTED] if isinstance(error, KeyboardInterrupt) else []
            for note in getattr(error, "__notes__", said):
                print(note, file=sys.stderr)
            raise


def default_output(file: Path, model: str) -> Path:
    """Return a name beside the file that has the model in it, so that no other model's answers are written over."""
    stem = Path(file.name.removesuffix(".gz")).stem
    named = re.sub(r"[^\w.-]+", "-", model).strip("-")
    return file.with_name(f"{stem}_{named}.jsonl")


def unescaped(text: str) -> str:
    r"""Return a text from a command line, where ``\n`` and ``\t`` are hard to write otherwise."""
    return text.replace(r"\n", "\n").replace(r"\t", "\t")
