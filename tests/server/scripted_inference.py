"""Stands in for the inference child: answers as the prompts tell it to, one thread a request.

A prompt that is a JSON object is an instruction: `fail` (a Failed's fields), `die` (exit at once, without an answer),
`die_after` (exit after so many chunks), `die_once` (a path: exits if it does not exist yet, and makes it), `slow` and
`hold` (seconds before the answer, and behind its first chunk, unless aborted), `deaf` (seconds, aborted or not),
`silent` (no chunks), `odd` (a reply of another form). Others are answered with themselves, reversed. Loading takes,
the first time, as many seconds as the file `slow` in the model's folder says; a folder with a file `broken` cannot be
loaded, one with a file `die` is the end.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

connection = socket.socket(fileno=0)
speaking = threading.Lock()
loaded: set[Path] = set()
aborted: dict[str, threading.Event] = {}


def reply(**message: Any) -> None:
    with speaking:
        connection.sendall(json.dumps(message).encode() + b"\n")


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def load(ask: dict[str, Any]) -> None:
    folder = Path(ask["model"]["path"])
    if (folder / "slow").exists() and folder not in loaded:
        time.sleep(float((folder / "slow").read_text()))
    if (folder / "broken").exists():
        reply(type="failed", id=ask["id"], status=409, message="the weights are broken", code="broken", param="model")
    elif (folder / "die").exists():
        os._exit(3)
    else:
        loaded.add(folder)
        reply(type="loaded", id=ask["id"])


def instructions(prompt: Any) -> dict[str, Any]:
    try:
        found = json.loads(prompt) if isinstance(prompt, str) else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def generate(ask: dict[str, Any]) -> None:
    script = instructions(ask["prompts"][0])
    time.sleep(script.get("deaf", 0))
    if "fail" in script:
        reply(type="failed", id=ask["id"], **script["fail"])
        return
    if "odd" in script:
        reply(type="done", id=ask["id"], choices="none")
        return
    if "die" in script:
        os._exit(3)
    if "die_once" in script and not Path(script["die_once"]).exists():
        Path(script["die_once"]).touch()
        os._exit(3)
    if aborted[ask["id"]].wait(script.get("slow", 0)) and "deaf" not in script:
        return
    choices: list[dict[str, Any]] = []
    for prompt in ask["prompts"]:
        for _ in range(ask["n"]):
            text = prompt[::-1] if isinstance(prompt, str) else " ".join(map(str, prompt))
            choices.append({"text": text, "index": len(choices), "logprobs": None, "finish_reason": "stop"})
    if "silent" in script:
        choices = []
    if ask["stream"] and not stream(ask["id"], choices, script):
        return
    reply(type="done", id=ask["id"], choices=[] if ask["stream"] else choices, prompt_tokens=3, completion_tokens=4)


def stream(id: str, choices: list[dict[str, Any]], script: dict[str, Any]) -> bool:
    for number, choice in enumerate(choices):
        reply(type="chunk", id=id, choice={**choice, "finish_reason": None})
        if number + 1 == script.get("die_after"):
            time.sleep(0.1)
            os._exit(3)
        if aborted[id].wait(script.get("hold", 0)):
            return False
        reply(type="chunk", id=id, choice={**choice, "text": ""})
    return True


def main() -> None:
    for line in connection.makefile("rb"):
        ask = json.loads(line)
        note(json.dumps(ask))
        if ask["op"] == "load":
            threading.Thread(target=load, args=(ask,), daemon=True).start()
        elif ask["op"] == "generate":
            aborted[ask["id"]] = threading.Event()
            threading.Thread(target=generate, args=(ask,), daemon=True).start()
        elif ask["op"] == "abort" and ask["id"] in aborted:
            aborted[ask["id"]].set()


if __name__ == "__main__":
    main()
