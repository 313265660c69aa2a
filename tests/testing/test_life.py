"""An application cannot tell the API in memory from the server, nor one wire from the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from openft import Client
from openft.testing import FakeAPI
from server.running import OWNER, Running, settings_for
from testing.asking import CHAT
from testing.life import live

WORDS = {"legacy": ("Created fine-tune", "Fine-tune succeeded")}
WORDS["current"] = ("Created fine-tuning job", "The job has successfully completed")


@pytest.mark.parametrize("wire", ["legacy", "current"])
def test_a_life_in_memory_is_as_long_as_one_on_the_server(wire: str, tmp_path: Path) -> None:
    in_memory = live(FakeAPI().client(), wire)
    with (
        Running(settings_for(tmp_path / "data")) as server,
        Client(base_url=server.url, api_key=OWNER) as client,
    ):
        real = live(client, "legacy")
    assert in_memory == {**real, "last": WORDS[wire]}


@pytest.mark.anyio
@pytest.mark.parametrize("wire", ["legacy", "current"])
async def test_an_async_life(wire: str, openft_api: FakeAPI) -> None:
    rows = b'{"prompt": "a ->", "completion": " b"}\n' if wire == "legacy" else CHAT
    async with openft_api.async_client() as client:
        file = await client.files.create(file=("train.jsonl", rows))
        if wire == "legacy":
            made = await client.fine_tunes.create(training_file=file.id, model="ada")
            model = (await client.fine_tunes.wait(made.id)).fine_tuned_model
            assert (await client.completions.create(model=model, prompt="a ->")).choices[0].text == " b"
        else:
            job = await client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4o-mini")
            model = (await client.fine_tuning.jobs.wait(job.id)).fine_tuned_model
            messages = [{"role": "user", "content": "dull"}]
            answer = await client.chat.completions.create(model=model, messages=messages)
            assert answer.choices[0].message.content == "negative"
        assert (await client.models.delete(model)).deleted
