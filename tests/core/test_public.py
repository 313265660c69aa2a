"""The public names: there, typed, and cheap to import."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import openft

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "openft" / "__init__.py"
PYRIGHT = Path(sys.executable).with_name("pyright")


def promised() -> set[str]:
    """Return the names that type checkers see."""
    blocks = [node for node in ast.parse(SOURCE.read_text("utf-8")).body if isinstance(node, ast.If)]
    imports = [node for node in blocks[0].body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.strip()


def test_what_type_checkers_see_is_what_is_exported() -> None:
    assert promised() == set(openft.__all__)
    assert sorted(openft.__all__) == openft.__all__


@pytest.mark.parametrize("name", openft.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(openft, name) is getattr(openft, name)
    assert name in dir(openft)


def test_a_room_is_found_though_nobody_has_imported_it_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = openft.errors
    monkeypatch.delattr(openft, "errors")
    assert openft.errors is errors


def test_a_misspelt_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="module 'openft' has no attribute 'Cleint'"):
        openft.Cleint  # type: ignore[attr-defined] # noqa: B018


@pytest.mark.parametrize("name", ["AsyncClient", "data", "__version__"])
def test_a_name_is_loaded_when_it_is_first_used(name: str) -> None:
    code = f"import openft; assert {name!r} not in vars(openft); print(openft.{name} is not None)"
    assert run(code) == "True"


HEAVY = {"httpx", "httpcore", "pydantic", "anyio", "tenacity", "asyncio", "ssl", "json"}
FOREIGN = {"torch", "transformers", "starlette", "uvicorn", "sqlalchemy", "typer", "rich"}


def loaded(code: str) -> set[str]:
    """Return which of the packages that cost something are loaded by this code."""
    code = f"import sys; bare = set(sys.modules)\n{code}\nprint(*(sys.modules.keys() - bare))"
    return set(run(code).split()) & (HEAVY | FOREIGN)


def test_importing_openft_loads_nothing_heavy() -> None:
    assert loaded("import openft") == set()


def test_making_a_client_loads_no_network() -> None:
    assert not loaded("import openft; openft.Client(api_key='sk-x')") & {
        "httpx",
        "httpcore",
        "pydantic",
        "anyio",
        "ssl",
    }


@pytest.mark.parametrize("make", ["Client", "AsyncClient"])
def test_looking_at_a_resource_loads_no_network(make: str) -> None:
    code = f"import openft; c = openft.{make}(api_key='sk-x'); c.files, c.models, c.fine_tunes, c.completions"
    assert not loaded(code) & ({"httpx", "httpcore", "ssl"} | FOREIGN)


def test_the_sync_client_loads_no_event_loop() -> None:
    code = "import openft; c = openft.Client(api_key='sk-x'); c.files, c.models, c.fine_tunes, c.completions"
    assert not loaded(code) & {"anyio", "asyncio"}


SNIPPETS = """
import asyncio
from pathlib import Path
from typing import assert_type

import openft
from openft.types import ChatCompletion, ChatCompletionChunk, Completion, File, FineTune, FineTuneEvent, Results
from openft.types import FineTuningJob, FineTuningJobEvent, GraderRun, Model, SucceededFineTune, SucceededJob, Upload

openft.Cleint  # wrong
openft.Client(api_key="x", base_ulr="y")  # wrong
openft.Client("x")  # wrong
client = openft.Client(api_key="x")
client.flies  # wrong
client.files.create(file=5)  # wrong
client.files.retrieve("f", time_out=3)  # wrong
client.fine_tunes.create(training_file="f", n_epoch=3)  # wrong
client.completions.create(model="m", max_token=3)  # wrong
client.completions.create(model="m", stream=1)  # wrong
client.fine_tuning.job  # wrong
client.fine_tuning.jobs.create(model="m")  # wrong
client.fine_tuning.jobs.create(model="m", training_file="f", method={"type": "sft"})  # wrong
client.fine_tuning.jobs.create(model="m", training_file="f", hyperparameters={"n_epoch": 1})  # wrong
client.fine_tuning.jobs.list(metadata="key")  # wrong
client.fine_tuning.jobs.retrieve("f").fine_tuned_model.upper()  # wrong
client.chat.completions.create(model="m")  # wrong
client.uploads.create(bytes=1, filename="f", purpose="fine-tune")  # wrong
client.uploads.part  # wrong
client.webhooks.unwrap(b"")  # wrong
openft.types.FineTuningJobs  # wrong
client.chat.completions.create(model="m", messages=[{"role": "user"}], max_token=3)  # wrong
client.chat.completions.create(model="m", messages=["hello"])  # wrong

assert_type(client.files.create(file=Path("x"), timeout=3, max_retries=1), File)
assert_type(client.files.create(file=[openft.types.PromptCompletion(prompt="a", completion="b")]), File)
assert_type(client.fine_tunes.create(training_file=Path("x")), FineTune)
assert_type(client.fine_tunes.wait("f"), SucceededFineTune)
assert_type(client.fine_tunes.wait("f").fine_tuned_model, str)
assert_type(client.fine_tunes.retrieve("f").fine_tuned_model, str | None)
assert_type(client.fine_tunes.results("f"), Results)
assert_type(client.completions.create(model="m"), Completion)
assert_type(client.completions.create(model="m", stream=False), Completion)
assert_type(client.completions.create(model="m", stream=True), openft.Stream[Completion])
said = [{"role": "user", "content": "hello"}]
chat = client.chat.completions.create(model="m", messages=said, temperature=0, n=1)
assert_type(chat, ChatCompletion)
call = {"role": "assistant", "content": None, "tool_calls": chat.choices[0].message.tool_calls}
parts = {"role": "user", "content": [{"type": "text", "text": "hello"}]}
pieces_of_chat = client.chat.completions.create(
    model="m", messages=[*said, chat.choices[0].message, call, parts], stream=True, tools=[{"type": "function"}]
)
assert_type(pieces_of_chat, openft.Stream[ChatCompletionChunk])
assert_type(client.fine_tuning.jobs.create(model="m", training_file=Path("x")), FineTuningJob)
assert_type(client.fine_tuning.jobs.wait("f").fine_tuned_model, str)
assert_type([job for job in client.fine_tuning.jobs.as_completed(["f"])], list[FineTuningJob])
assert_type(client.fine_tuning.jobs.list_events("f").data, list[FineTuningJobEvent])
assert_type(client.fine_tuning.alpha.graders.run(grader={}, model_sample="x"), GraderRun)
assert_type(client.uploads.complete("u", part_ids=["p"]), Upload)
assert_type(client.models.wait("m"), Model)
for event in client.fine_tunes.follow("f"):
    assert_type(event, FineTuneEvent)
for file in client.files.list():
    assert_type(file, File)
with client.completions.create(model="m", stream=True) as pieces:
    assert_type([piece for piece in pieces], list[Completion])


async def main() -> None:
    async with openft.AsyncClient.local() as client:
        assert_type(client, openft.AsyncClient)
        assert_type(await client.files.create(file=b"x"), File)
        assert_type((await client.files.list()).data, list[File])
        assert_type(await client.completions.create(model="m", stream=True), openft.AsyncStream[Completion])
        async with client.fine_tunes.follow("f") as events:
            assert_type([event async for event in events], list[FineTuneEvent])
            assert_type(events.job, FineTune | None)
        client.files.retrieve("f").id  # wrong
        client.fine_tunes.wait("f", poll="often")  # wrong
        assert_type(await client.fine_tuning.jobs.wait("f"), SucceededJob)
        jobs: openft.AsyncPager[FineTuningJob] = client.fine_tuning.jobs.list()
        assert_type([job async for job in jobs], list[FineTuningJob])
        client.chat.completions.create(model="m", messages=[]).choices  # wrong


asyncio.run(main())
"""


WRONG = {number for number, line in enumerate(SNIPPETS.splitlines(), 1) if line.endswith("# wrong")}


def test_the_public_face_is_typed(tmp_path: Path) -> None:
    snippet = tmp_path / "snippet.py"
    snippet.write_text(SNIPPETS, "utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--cache-dir",
        str(ROOT / ".mypy_cache"),
        str(snippet),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    found = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error: " in line}
    assert found == WRONG, done.stdout + done.stderr


@pytest.mark.skipif(not PYRIGHT.exists(), reason="other interpreters have the base install and mypy alone")
def test_pyright_sees_the_same(tmp_path: Path) -> None:
    (tmp_path / "snippet.py").write_text(SNIPPETS, "utf-8")
    command = [str(PYRIGHT), "--pythonpath", sys.executable, "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    told = json.loads(done.stdout)["generalDiagnostics"]
    found = {each["range"]["start"]["line"] + 1 for each in told if each["severity"] == "error"}
    assert found == WRONG, done.stdout
