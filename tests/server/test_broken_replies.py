"""A reply that breaks the protocol ends its own request, once, and nobody else's."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from openft.server.generation import Chunk, Done, Generate
from openft.server.http.refusal import Refusal
from openft.server.inference import Inference
from openft.server.jobspec import ModelRef
from server.asking import asked, complete, prompt
from server.running import HERE, Running, error_of, settings_for


@pytest.fixture
def narrow(tmp_path: Path) -> Inference:
    """An inference whose lines may be short only."""
    command = settings_for(tmp_path).inference_command
    return Inference(command, tmp_path / "inference.log", 5, longest_line=2000)


def request(id: str, text: str) -> Generate:
    return Generate(
        id=id,
        model=ModelRef(name="ada", path=str(HERE), base="ada"),
        prompts=[text],
        max_tokens=16,
        temperature=1,
        top_p=1,
        n=1,
        stop=[],
        logprobs=None,
        echo=False,
        seed=None,
        stream=False,
    )


async def told(inference: Inference, ask: Generate) -> Chunk | Done:
    return [reply async for reply in inference.generate(ask)][-1]


def test_a_reply_that_is_too_long_fails_its_request_and_is_not_asked_for_again(
    narrow: Inference, tmp_path: Path
) -> None:
    async def scene() -> None:
        other = asyncio.create_task(told(narrow, request("other", prompt(slow=0.4))))
        await asyncio.sleep(0.2)
        with pytest.raises(Refusal, match="could not be read") as caught:
            await told(narrow, request("long", "x" * 3000))
        assert (caught.value.status, caught.value.code) == (500, "invalid_reply")
        assert (await other).id == "other"
        await narrow.close()

    asyncio.run(scene())
    log = (tmp_path / "inference.log").read_text()
    assert log.count('"id": "long"') == 1
    assert log.count('"id": "other"') == 2


def test_a_reply_of_another_form_fails_its_request_only(server: Running) -> None:
    answer = complete(server, prompt=prompt(odd=True))
    assert answer.status_code == 500
    assert error_of(answer)["code"] == "invalid_reply"
    assert [ask["op"] for ask in asked(server)].count("generate") == 1
    assert complete(server, prompt="abc").status_code == 200


def test_a_child_that_ends_without_reading_is_a_503(tmp_path: Path) -> None:
    command = ("/bin/sh", "-c", "sleep 0.2")
    with Running(settings_for(tmp_path, inference_command=command)) as server:
        assert complete(server, prompt="abc").status_code == 503
