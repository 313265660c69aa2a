"""The process that carries out one job: ``python -m openft.server.engine.worker JOB_FOLDER``.

It ends with 0 when there is an outcome, or when it was told to stop and left a checkpoint; with LOCKED when another
attempt is still at work, and with 1 when not even the outcome could be written, or it was told to stop and is stuck.
"""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import BinaryIO

from openft.server.engine.durable import file_in_place
from openft.server.engine.events import EventLog
from openft.server.jobspec import CHECKPOINT, EVENTS, LOCK, OUTCOME, SPEC, JobSpec, Outcome

LOCKED = 75  # EX_TEMPFAIL: try again later
LOCK_WAIT = 30.0
PATIENCE = 60.0  # seconds; then a worker that cannot stop must let go of its folder for the next one


def main() -> int:
    """Work on the job in the folder that the command line names."""
    folder = Path(sys.argv[1])
    stopping = listen_for_the_end()
    with (folder / LOCK).open("ab") as lock:
        if not acquire(lock, stopping):
            return LOCKED
        if (folder / OUTCOME).exists():
            return 0
        spec = JobSpec.model_validate_json((folder / SPEC).read_bytes())
        with EventLog(folder / EVENTS) as log:
            outcome = work(folder, spec, log, stopping)
            if outcome is not None:
                if outcome.status == "failed":
                    log.add("failed", f"Error: {outcome.message}", level="error", data=outcome.model_dump())
                log.sync()
                with file_in_place(folder / OUTCOME) as temporary:
                    temporary.write_text(outcome.model_dump_json(), encoding="utf-8")
                shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
    return 0


def work(folder: Path, spec: JobSpec, log: EventLog, stopping: threading.Event) -> Outcome | None:
    """Return how the job ended, None if it was told to stop."""
    # not before the lock is held and the signals are listened to: this import takes seconds
    from openft.server.engine.failures import Interrupted, describe
    from openft.server.engine.job import run

    try:
        return run(folder, spec, log, stopping)
    except Interrupted:
        return None
    except Exception as error:  # noqa: BLE001 - whatever it is, the job must end with a reason
        traceback.print_exc()
        return describe(error)


def listen_for_the_end(patience: float = PATIENCE) -> threading.Event:
    """Return what is set when SIGTERM comes, or when the server's end of our standard input is closed.

    The process has so many seconds from then on; after these it ends, wherever it is.
    """
    stopping = threading.Event()
    signalled, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup)  # written to at once; the handler waits until native code returns, if it does
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then tells us

    def watch() -> None:
        while signalled not in select.select([0, signalled], [], [])[0] and os.read(0, 4096):
            pass
        stopping.set()
        time.sleep(patience)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    return stopping


def acquire(lock: BinaryIO, stopping: threading.Event) -> bool:
    """Take the lock, waiting for an earlier attempt to die; False if it does not."""
    deadline = time.monotonic() + LOCK_WAIT
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if stopping.wait(0.05) or time.monotonic() > deadline:
                return False
        else:
            return True


if __name__ == "__main__":
    sys.exit(main())
