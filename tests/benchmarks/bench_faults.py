"""The cases of tests/faults with today's official client, sync: how many it fails, and how.

A case counts where it means the same for both: not those about our own options, our idempotency keys or our rules for
redirects and sizes. A failure is a thing made twice, a call that goes on long after its timeout, an exception that is
none of the client's own, or a value where there was none to give.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from children import BASE
from faults import bodies, redirects
from faults.case import (
    BYTES,
    CANCEL,
    CHAT,
    COMPLETION,
    DELETION,
    DOWNLOAD,
    JOB,
    LIST,
    READ,
    RIGHT,
    ROW,
    STREAM,
    UPLOAD,
    Call,
    Case,
    Server,
)
from faults.runner import address, settle
from faults.themes import CASES
from loopback import KEY, Loopback

MESSAGES = [{"role": "user", "content": "a"}]
CALLS: dict[Call, Callable[[Any, Path], Any]] = {
    READ: READ.make,
    LIST: LIST.make,
    DELETION: DELETION.make,
    COMPLETION: COMPLETION.make,
    CHAT: CHAT.make,
    STREAM: STREAM.make,
    BYTES: BYTES.make,
    DOWNLOAD: lambda client, folder: saved(client.files.content("file-1"), folder / "results.csv"),
    JOB: lambda client, _: client.fine_tuning.jobs.create(model="ada", training_file="file-1"),
    CANCEL: lambda client, _: client.fine_tuning.jobs.cancel("job-1"),
    UPLOAD: lambda client, _: client.files.create(file=("train.jsonl", ROW), purpose="fine-tune"),
}
OUR_RULES = {redirects.LOST, redirects.ELSEWHERE, redirects.OUT, redirects.LOOP, bodies.BOMB}
"""Rows in which ours refuses what another client may well take."""


def saved(content: Any, path: Path) -> Path:
    content.write_to_file(path)
    return path


def applies(case: Case) -> bool:
    """Return whether a case means the same for the official client."""
    return case.official and not case.keeps_keys and case.call in CALLS and case.what not in OUR_RULES


def verdict(case: Case) -> str:
    """Return how the official client fails a case, nothing where it does not."""
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(tried(case)), daemon=True)
    thread.start()
    thread.join(3 * case.timeout + 4)  # three attempts, and the pauses between them
    return found[0] if found else "hangs"


def tried(case: Case) -> str:
    openai: Any = import_module("openai")
    server = Server(case)
    with (
        Loopback(server, greetings=case.greetings) as loopback,
        address(case, loopback) as url,
        tempfile.TemporaryDirectory() as folder,
    ):
        options = {name: value for name, value in case.options.items() if name in {"max_retries", "base_url"}}
        with openai.OpenAI(**{"base_url": url, "api_key": KEY, "timeout": case.timeout, **options}) as client:
            several: list[object] = []
            try:
                if case.before is not None:
                    CALLS[case.before](client, Path(folder))
                    settle(case, loopback)
                result = CALLS[case.call](client, Path(folder))
                several.extend(shown(case.call, each) for each in (result if case.call.many else [result]))
            except openai.OpenAIError:
                return "made twice" if len(server.keys) > 1 else "" if case.error else "gave up"
            except Exception as error:
                return f"foreign exception ({type(error).__name__})"
    if len(server.keys) > 1:
        return "made twice"
    value = tuple(several) if case.call.many else several[0]
    well = [RIGHT[case.call], "ada" if case.call.creates else RIGHT[case.call]]  # the id that odd answers carry
    return "" if value in well or (value == case.gives and not case.error) else "wrong value"


def shown(call: Call, value: object) -> object:
    """Return what a value shows of itself; what has no such attributes is a wrong one."""
    try:
        return call.show(value)
    except (AttributeError, TypeError, IndexError):
        return value


def main() -> None:
    """Print how many cases fail, and which."""
    if Path(sys.executable).absolute() != BASE.absolute():
        os.execv(BASE, [str(BASE), __file__])
    openai: Any = import_module("openai")
    vars(import_module("openai._base_client"))["time"] = SimpleNamespace(
        **{**vars(time), "sleep": lambda _: None}
    )  # pauses show nothing here
    cases = [case for case in CASES if applies(case)]
    verdicts: Counter[str] = Counter()
    for case in cases:
        how = verdict(case)
        verdicts[how.partition(" (")[0]] += 1
        if how:
            print(f"  {how}: {case.id}", flush=True)
    bad = sum(count for how, count in verdicts.items() if how not in {"", "gave up"})
    print(f"openai {openai.__version__} fails {bad} of {len(cases)} cases: {dict(verdicts)}")
    print("'gave up' is an error where another attempt would have had the answer; it is not counted")
    os._exit(0)  # what hangs goes on hanging


if __name__ == "__main__":
    main()
