"""Job folders for tests, and attempts at them in processes of their own."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from openft.server.engine import worker
from openft.server.engine.events import EventLog
from openft.server.engine.failures import describe
from openft.server.engine.job import run
from openft.server.jobspec import EVENTS, SPEC, Hyperparameters, JobSpec, ModelRef, Outcome, WorkerEvent

Rows = Iterable[tuple[str, str]]
COLOURS: Rows = [(f"{n} sky {n % 7} ->", " blue") if n % 2 else (f"{n} grass {n % 5} ->", " green") for n in range(40)]


def write_rows(path: Path, rows: Rows) -> Path:
    """Write a training file."""
    lines = [
        json.dumps({"prompt": prompt, "completion": completion}, ensure_ascii=False) for prompt, completion in rows
    ]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def make_job(
    folder: Path,
    model: ModelRef,
    rows: Rows = COLOURS,
    validation: Rows | None = None,
    checkpoint_seconds: float = 60,
    **settings: Any,
) -> JobSpec:
    """Write a job's folder, as the server does."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 0.05, "prompt_loss_weight": 0.01, **settings}
    spec = JobSpec(
        job=folder.name.ljust(24, "x"),
        model=model,
        training_file=str(write_rows(folder / "train.jsonl", rows)),
        validation_file=None if validation is None else str(write_rows(folder / "valid.jsonl", validation)),
        hyperparameters=Hyperparameters.model_validate(chosen),
        seed=7,
        checkpoint_seconds=checkpoint_seconds,
    )
    (folder / SPEC).write_text(spec.model_dump_json(), encoding="utf-8")
    return spec


def carry_out(folder: Path) -> Outcome:
    """Do a job to its end in this process."""
    spec = JobSpec.model_validate_json((folder / SPEC).read_bytes())
    with EventLog(folder / EVENTS) as log:
        try:
            return run(folder, spec, log, threading.Event())
        except Exception as error:
            return describe(error)


def read_events(folder: Path) -> list[WorkerEvent]:
    """Return the whole lines of the event log."""
    path = folder / EVENTS
    written = path.read_bytes() if path.exists() else b""
    return [WorkerEvent.model_validate_json(line) for line in written.split(b"\n")[:-1]]


class Attempt:
    """A worker process at work on a job."""

    def __init__(self, processes: ForkServerContext, folder: Path) -> None:
        inner, self.stdin = processes.Pipe(duplex=False)
        self.process: ForkServerProcess = processes.Process(target=_work, args=(folder, inner))
        self.process.start()
        inner.close()

    def wait(self) -> int | None:
        """Return its exit code."""
        self.process.join(timeout=30)
        return self.process.exitcode


def until(condition: Callable[[], bool]) -> None:
    """Wait for something to be so."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.002)


def _work(folder: Path, stdin: Connection) -> None:
    os.dup2(stdin.fileno(), 0)
    sys.argv = ["worker", str(folder)]
    sys.exit(worker.main())
