"""The page about leaving is followed from top to bottom, in a shell, by somebody who has nothing but an address."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import openft
from openft.testing import FakeAPI

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, KOREAN = DOCS / "leaving-openai.md", DOCS / "ko" / "leaving-openai.md"
FENCE = re.compile(r"^```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ROWS = [{"prompt": f"film {number} ->", "completion": [" good", " bad"][number % 2]} for number in range(40)]


def test_the_commands_of_the_page_save_an_account_and_a_model(tmp_path: Path) -> None:
    api = FakeAPI()
    client = api.client()
    file = client.files.create(file=("train.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS).encode()))
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=file.id, suffix="mood")
    model = client.fine_tuning.jobs.wait(job.id).fine_tuned_model
    code = "\n".join(code for kind, code in FENCE.findall(PAGE.read_text("utf-8")) if kind == "sh")
    code = re.sub(r"^(pip|export) .*$", "", code, flags=re.MULTILINE)
    code = re.sub(r"^MODEL=.*$", f"MODEL={model}", code, flags=re.MULTILINE)
    code = re.sub(r"^(FILE=my-account/files/)[^/]+", rf"\g<1>{file.id}", code, flags=re.MULTILINE)
    with api.port() as url:
        env = {**os.environ, "OPENFT_BASE_URL": url, "OPENFT_API_KEY": "sk-stranger"}
        script = f'openft() {{ "{sys.executable}" -m openft "$@"; }}\n{code}'
        done = subprocess.run(
            ["bash", "-euc", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text("utf-8").splitlines()]
    assert [line["prompt"] for line in answers] == [row["prompt"] for row in ROWS]
    assert all(line["match"] for line in answers)
    assert (tmp_path / "my-account" / "files" / file.id / "train.jsonl").exists()
    assert "answers go to answers.jsonl, and" in done.stdout
    assert not openft.archive.verify(tmp_path / "my-account").damage
    assert len((tmp_path / "captured.jsonl").read_text("utf-8").splitlines()) == len(ROWS)


def test_both_languages_have_the_same_commands_dates_and_links() -> None:
    pages = [page.read_text("utf-8") for page in (PAGE, KOREAN)]
    for pattern in (
        FENCE,
        re.compile(r"(?<!\d)20\d\d-\d\d-\d\d(?!\d)"),
        re.compile(r"\]\((?:\.\./)?([\w.]+\.md|https[^)]+)\)"),
    ):
        english, korean = (sorted(set(pattern.findall(page))) for page in pages)
        assert [found for found in english if "leaving" not in found] == [
            found for found in korean if "leaving" not in found
        ]


@pytest.mark.parametrize("page", [PAGE, KOREAN], ids=["english", "korean"])
def test_rows_without_an_answer_are_left_out_of_what_is_trained(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    chat = [{"role": "user", "content": "weather?\u2028today?"}]
    asked = [{"prompt": "film ->"}, {"prompt": 3}, {"messages": chat}, {"prompt": "secret ->"}]
    Path("train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked) + "{broken\n")
    api = FakeAPI()
    api.answer_with(lambda prompt: "" if "secret" in prompt else " sunny")
    openft.capture.answers(api.client(), "babbage-002", "train.jsonl", "answers.jsonl")
    code = next(code for _, code in FENCE.findall(page.read_text("utf-8")) if "captured-chat" in code)
    exec(code, {"Path": Path})
    with Path("captured-chat.jsonl").open(encoding="utf-8") as file:
        found = [json.loads(line)["messages"] for line in file]
    said = {"role": "assistant", "content": " sunny"}
    assert found == [[{"role": "user", "content": "film ->"}, said], [*chat, said]]
