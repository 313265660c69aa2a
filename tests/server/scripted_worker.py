"""Stands in for the engine: keeps its side of the job folder's contract, without torch and within milliseconds.

The training file's first prompt may hold instructions as JSON: `epochs` and `pause` (seconds between them), `fail`
(an outcome's fields), `tell_failure` (as an event too), `crash` (exit code, before any work), `say` (for stderr),
`die_each` (exit code, after each epoch), `stubborn` (deaf to SIGTERM and to the end of stdin), `linger` (seconds after
its outcome), `no_model`, `no_results`, `garble` (writes lines that are no events).
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any


def main(folder: Path) -> None:
    told_to_stop = threading.Event()
    spec = json.loads((folder / "job.json").read_text())
    first = json.loads(Path(spec["training_file"]).read_text().splitlines()[0])
    try:
        script: dict[str, Any] = json.loads(first["prompt"])
    except ValueError:
        script = {}
    if script.get("say"):
        print(script["say"], file=sys.stderr)
    if "crash" in script:
        sys.exit(script["crash"])
    if script.get("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: told_to_stop.set())
        threading.Thread(target=watch_stdin, args=(told_to_stop,), daemon=True).start()
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("another worker is here")
        work(folder, script, told_to_stop)
    time.sleep(script.get("linger", 0))


def work(folder: Path, script: dict[str, Any], told_to_stop: threading.Event) -> None:
    events = folder / "events.jsonl"
    cut_torn_line(events)
    epochs = script.get("epochs", 2)
    done = int((folder / "checkpoint" / "epoch").read_text()) if (folder / "checkpoint").exists() else 0
    with events.open("a") as out:
        for epoch in range(done + 1, epochs + 1):
            if told_to_stop.wait(script.get("pause", 0)):
                return
            if script.get("garble"):
                out.write("this is no event\n")
            tell(out, f"step-{epoch}", f"Step {epoch}", type="metrics", step=epoch, data={"train_loss": 0.5})
            tell(out, f"epoch-{epoch}", f"Completed epoch {epoch}/{epochs}", step=epoch, data={"epoch": epoch})
            save(folder, "checkpoint", "epoch", str(epoch))
            if "die_each" in script:
                os._exit(script["die_each"])
        if script.get("tell_failure"):
            tell(out, "failed", f"Error: {script['fail']['message']}", level="error")
    if "fail" in script:
        put(folder / "outcome.json", json.dumps({"status": "failed", **script["fail"]}))
        return
    if not script.get("no_results"):
        put(folder / "legacy.csv", "step,elapsed_tokens\n1,10\n")
    if not script.get("no_model"):
        save(folder, "model", "config.json", json.dumps({"trained": epochs}))
    put(folder / "outcome.json", json.dumps({"status": "succeeded", "trained_tokens": 10 * epochs}))


def watch_stdin(told_to_stop: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    told_to_stop.set()


def tell(out: Any, key: str, message: str, **more: Any) -> None:
    line = json.dumps({"key": key, "created_at": int(time.time()), "message": message, **more})
    half = len(line) // 2
    out.write(line[:half])
    out.flush()  # a kill in between leaves a torn line
    out.write(line[half:] + "\n")
    out.flush()


def cut_torn_line(events: Path) -> None:
    if events.exists():
        content = events.read_bytes()
        os.truncate(events, content.rfind(b"\n") + 1)


def save(folder: Path, name: str, file: str, content: str) -> None:
    temporary = folder / f".{name}.{os.getpid()}"
    temporary.mkdir()
    (temporary / file).write_text(content)
    old = folder / name
    if old.exists():
        old.rename(folder / f".old.{os.getpid()}.{time.monotonic_ns()}")
    temporary.rename(old)


def put(path: Path, content: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(content)
    temporary.rename(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
