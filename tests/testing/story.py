"""One story of the 2023 API, told to the API in memory and to the real server alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from testing.asking import ROWS, Raw

LONG = json.dumps({"prompt": json.dumps({"pause": 30}), "completion": " x"}).encode() + b"\n"
"""Tells the scripted worker of the real server to take its time."""
LATER = frozenset({"expires_at", "has_more", "first_id", "last_id"})
"""Keys of today's API, which the server does not speak yet."""


def shape(value: object) -> object:
    """Return what kind of value it is, names and all."""
    match value:
        case dict():
            return {name: shape(part) for name, part in value.items() if name not in LATER}
        case list():
            return sorted({json.dumps(shape(part), sort_keys=True) for part in value})
        case bool():
            return "flag"
        case int() | float():
            return "number"
        case None:
            return "nothing"
        case _:
            return "text"


@dataclass
class Story:
    """What was seen, by the name of each scene."""

    ask: Raw
    finish: Callable[[str], object]
    """Lets a job come to its end."""
    seen: dict[str, object] = field(default_factory=dict)

    def see(self, scene: str, method: str, path: str, **more: Any) -> Any:
        """Ask, note the answer's shape, and return it."""
        answer = self.ask.http.request(method, path, **more)
        body = answer.json()
        error = body.get("error")
        told = {name: error[name] for name in ("type", "code", "param")} if error else shape(body)
        self.seen[scene] = (answer.status_code, answer.headers["content-type"], told)
        return body

    def form(self, scene: str, content: bytes, purpose: str | None = "fine-tune", **more: Any) -> Any:
        """Upload content."""
        fields = {} if purpose is None else {"purpose": purpose}
        return self.see(scene, "POST", "/files", data=fields, files={"file": ("a.jsonl", content)}, **more)


def tell(ask: Raw, finish: Callable[[str], object]) -> dict[str, object]:
    """Return what there is to see from an upload to the end, trouble included."""
    story = Story(ask, finish)
    file = story.form("upload", ROWS)["id"]
    success(story, file)
    another(story, file)
    trouble_with_files(story)
    trouble_with_jobs(story, file)
    trouble_with_models(story)
    once(story, file)
    return story.seen


def success(story: Story, file: str) -> None:
    """A job that succeeds, and its model."""
    body = {"training_file": file, "validation_file": file, "model": "ada", "n_epochs": 2, "suffix": "Mood  swings!"}
    made = story.see("create", "POST", "/fine-tunes", json=body)
    assert made["status"] == "pending"
    job = f"/fine-tunes/{made['id']}"
    story.finish(made["id"])
    done = story.see("succeeded", "GET", job)
    assert done["status"] == "succeeded"
    story.see("its id on the other wire", "GET", f"/fine-tunes/ftjob-{made['id'][3:]}")
    story.see("list", "GET", "/fine-tunes")
    story.see("events", "GET", f"{job}/events")
    story.see("later events", "GET", f"{job}/events", params={"after": 3})
    told = [event["message"].split(":")[0] for event in done["events"] if "queue" not in event["message"]]
    story.seen["messages"] = told
    streamed = story.ask.stream("GET", f"{job}/events", params={"stream": "true"})
    story.seen["stream"] = shape(streamed)
    assert [event["message"] for event in streamed] == [event["message"] for event in done["events"]]
    results = story.ask.http.get(f"/files/{done['result_files'][0]['id']}/content")
    story.seen["results"] = (results.headers["content-type"], results.text.split("\n")[0].split(",")[:2])
    use(story, done["fine_tuned_model"])
    story.see("delete job", "DELETE", job)
    story.see("deleted job", "GET", job)


def use(story: Story, model: str) -> None:
    """The model answers, and goes."""
    base, _, rest = model.partition(":ft-personal:")
    assert (base, rest.rpartition("mood-swings-")[0]) == ("ada", "")
    body = {"model": model, "prompt": ["great film ->", "dull ->"], "n": 2, "max_tokens": 5, "stop": None}
    story.see("completion", "POST", "/completions", json=body)
    story.see("older completion", "POST", f"/engines/{model}/completions", json={"prompt": "dull ->", "timeout": 9})
    pieces = story.ask.stream("POST", "/completions", json={**body, "stream": True})
    story.seen["streamed completion"] = (shape(pieces[0]), {choice["index"] for p in pieces for choice in p["choices"]})
    story.see("model", "GET", f"/models/{model}")
    story.see("models", "GET", "/models")
    story.see("delete model", "DELETE", f"/models/{model.replace(':', '%3A')}")
    story.see("deleted model", "GET", f"/models/{model}")


def another(story: Story, file: str) -> None:
    """A job that is cancelled, and the end of its file."""
    long = story.form("another upload", LONG)["id"]
    made = story.see("another job", "POST", "/fine-tunes", json={"training_file": long})["id"]
    story.see("delete too early", "DELETE", f"/fine-tunes/{made}")
    story.see("cancel", "POST", f"/fine-tunes/{made}/cancel")
    story.see("cancel again", "POST", f"/fine-tunes/{made}/cancel")
    story.see("file", "GET", f"/files/{file}")
    story.see("files", "GET", "/files")
    story.see("delete file", "DELETE", f"/files/{long}")
    story.see("deleted file", "GET", f"/files/{long}")
    story.see("deleted content", "GET", f"/files/{long}/content")
    story.see("delete again", "DELETE", f"/files/{long}")
    story.see("job of a deleted file", "GET", f"/fine-tunes/{made}")


def trouble_with_files(story: Story) -> None:
    """Files that are refused."""
    story.form("no purpose", ROWS, None)
    story.form("unknown purpose", ROWS, "fun")
    story.form("empty file", b"")
    story.form("not JSON", b"hello\n")
    story.form("bad second line", ROWS + b'{"prompt": 3}\n')
    story.see("no file", "POST", "/files", files={"purpose": (None, "fine-tune")})
    story.see("no form", "POST", "/files", json={"purpose": "fine-tune"})
    cut = b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
    headers = {"content-type": "multipart/form-data; boundary=b"}
    story.see("cut form", "POST", "/files", content=cut, headers=headers)
    story.see("unknown field", "POST", "/files", data={"colour": "red"}, files={"file": ("a", ROWS)})
    for odd in ("sub%2Fdir", "%ED%95%9C.jsonl", ".%2e", "a+b"):
        story.see(f"file {odd}", "GET", f"/files/{odd}")


def trouble_with_jobs(story: Story, file: str) -> None:
    """Jobs that are refused."""
    other = story.form("another purpose", ROWS, "user_data")["id"]
    chat = story.form("chat", b'{"messages": [{"role": "assistant", "content": "b"}]}\n')["id"]
    bodies: dict[str, dict[str, object]] = {
        "no training file": {},
        "unknown file": {"training_file": "file-none"},
        "unknown validation file": {"training_file": file, "validation_file": "file-none"},
        "wrong purpose": {"training_file": other},
        "wrong records": {"training_file": chat},
        "unknown base": {"training_file": file, "model": "gpt-9"},
        "unknown parameter": {"training_file": file, "n_epoch": 3},
        "unknown null parameter": {"training_file": 5, "n_epoch": None},
        "too many epochs": {"training_file": file, "n_epochs": 1000},
        "epochs as text": {"training_file": file, "n_epochs": "4"},
        "negative multiplier": {"training_file": file, "learning_rate_multiplier": -1},
        "long suffix": {"training_file": file, "suffix": "x" * 41},
        "twice the same beta": {"training_file": file, "classification_betas": [1, 1]},
        "no validation file": {"training_file": file, "compute_classification_metrics": True},
        "no classes": {"training_file": file, "validation_file": file, "compute_classification_metrics": True},
    }
    for scene, body in bodies.items():
        story.see(scene, "POST", "/fine-tunes", json=body)
    job = story.see("a job", "POST", "/fine-tunes", json={"training_file": file})["id"]
    story.see("a list", "POST", "/fine-tunes", json=[1])
    story.see("no JSON", "POST", "/fine-tunes", content=b"{")
    for scene, method, path in (
        ("unknown job", "GET", "/fine-tunes/ft-none"),
        ("unknown job's events", "GET", "/fine-tunes/ft-none/events?stream=true"),
        ("no place in the story", "GET", f"/fine-tunes/{job}/events?after=x"),
        ("neither stream nor none", "GET", f"/fine-tunes/{job}/events?stream=maybe"),
        ("unknown job's end", "POST", "/fine-tunes/ft-none/cancel"),
        ("unknown path", "GET", "/nothing"),
        ("unknown method", "PUT", "/fine-tunes"),
    ):
        story.see(scene, method, path)
    story.see("no key", "GET", "/fine-tunes", headers={"authorization": ""})
    story.see("no such key", "GET", "/fine-tunes", headers={"authorization": "Bearer sk-wrong"})


def trouble_with_models(story: Story) -> None:
    """Models and prompts that are refused."""
    story.see("base", "GET", "/models/ada")
    story.see("delete base", "DELETE", "/models/ada")
    story.see("unknown model", "GET", "/models/gpt-9")
    story.see("delete unknown model", "DELETE", "/models/gpt-9")
    for scene, body in {
        "no model": {"prompt": "x"},
        "unknown model's answer": {"model": "gpt-9"},
        "no prompts": {"model": "ada", "prompt": []},
        "too hot": {"model": "ada", "temperature": 3},
        "unknown option": {"model": "ada", "max_token": 3},
    }.items():
        story.see(scene, "POST", "/completions", json=body)


def once(story: Story, file: str) -> None:
    """A request under a key is done once."""
    body, key = {"training_file": file, "model": "ada"}, {"idempotency-key": "k-1"}
    first = story.see("under a key", "POST", "/fine-tunes", json=body, headers=key)
    again = story.see("under the same key", "POST", "/fine-tunes", json={**body, "suffix": None}, headers=key)
    assert again["id"] == first["id"]
    story.see("another body under it", "POST", "/fine-tunes", json={**body, "suffix": "x"}, headers=key)
    story.see("another path under it", "POST", f"/fine-tunes/{first['id']}/cancel", headers=key)
    story.see("no key at all", "POST", "/fine-tunes", json=body, headers={"idempotency-key": ""})
    story.see("too long a key", "POST", "/fine-tunes", json=body, headers={"idempotency-key": "k" * 256})
    one = story.form("upload under a key", ROWS, headers={"idempotency-key": "k-2"})
    two = story.form("upload again", ROWS, headers={"idempotency-key": "k-2"})
    assert one == two
    story.form("another upload under it", ROWS + ROWS, headers={"idempotency-key": "k-2"})
