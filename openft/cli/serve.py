"""``openft serve``: the server, in the foreground."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from openft.cli.ends import ending
from openft.config import default_data_dir
from openft.errors import MissingExtra


@ending
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; anything but this machine needs a key.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.", min=0, max=65535)] = 8321,
    data_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where files, jobs and models are kept.  [default: OPENFT_DATA_DIR or yours]"),
    ] = None,
    api_key: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="An owner's key; repeat it for more. Also: OPENFT_SERVER_API_KEYS."),
    ] = None,
    member_key: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="A key that may not delete models. Also: OPENFT_SERVER_MEMBER_KEYS."),
    ] = None,
    base: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=SOURCE", help="A checkpoint folder to train from, besides ada to davinci."),
    ] = None,
    load_wait: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long a request waits for a model that is loading.", min=0)
    ] = 30.0,
) -> None:
    """Serve the fine-tuning API, with training and inference on this machine.

    Without an owner's key one is made, printed on stderr and kept in the data directory for the next time.

    \b
    Examples:
      openft serve
      openft serve --port 9000 --data-dir ./models --api-key sk-mine
      OPENFT_API_KEY=sk-openft-... python -c "import openft; print(list(openft.Client().models.list()))"
    """  # noqa: D301 - click wants the character
    bases = dict(_named(text) for text in base or [])
    if data_dir == Path():  # so typer reads an unset shell variable; the folder one stands in is rarely meant
        raise typer.BadParameter("name a folder for the server's data", param_hint="--data-dir")
    try:
        from openft.server.serve import serve as run
        from openft.server.settings import Settings
    except ModuleNotFoundError as error:
        raise MissingExtra("openft serve", "server") from error
    settings = Settings(
        host=host,
        port=port,
        data_dir=data_dir or default_data_dir(),
        api_keys=(*(api_key or ()), *_from_environment("OPENFT_SERVER_API_KEYS")),
        member_keys=(*(member_key or ()), *_from_environment("OPENFT_SERVER_MEMBER_KEYS")),
        bases=bases,
        load_wait=load_wait,
    )
    run(settings, watch_stdin=False, announce=_announce)


def _named(text: str) -> tuple[str, Path]:
    name, equals, source = text.partition("=")
    if not name or not equals or not source:
        raise typer.BadParameter(f"{text!r} is not NAME=SOURCE", param_hint="--base")
    return name, Path(source)


def _from_environment(variable: str) -> list[str]:
    return [key for part in os.environ.get(variable, "").split(",") if (key := part.strip())]


def _announce(url: str) -> None:
    print(f"openft is serving at {url}", flush=True)
