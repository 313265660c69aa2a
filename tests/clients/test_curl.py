"""The guide's curl lines as printed, with its placeholders replaced and the host ours."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from server.running import OWNER, Running

pytestmark = pytest.mark.train

COMPLETION = """curl https://api.openai.com/v1/completions \\
  -H "Authorization: Bearer $OPENAI_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"prompt": YOUR_PROMPT, "model": FINE_TUNED_MODEL}'"""
DELETION = """curl -X "DELETE" https://api.openai.com/v1/models/<FINE_TUNED_MODEL> \\
  -H "Authorization: Bearer $OPENAI_API_KEY\""""


def shell(line: str, server: Running) -> Any:
    """Return the JSON that a line of the guide prints."""
    line = line.replace("https://api.openai.com/v1", server.url)
    env = {"PATH": "/usr/bin:/bin", "OPENAI_API_KEY": OWNER}
    return json.loads(subprocess.run(["/bin/sh", "-c", line], env=env, capture_output=True, check=True).stdout)


def test_the_completion_line_answers(real: Running, trained: dict[str, Any]) -> None:
    line = COMPLETION.replace("YOUR_PROMPT", '"the film was great ->"')
    answer = shell(line.replace("FINE_TUNED_MODEL", json.dumps(trained["fine_tuned_model"])), real)
    assert answer["model"] == trained["fine_tuned_model"]
    assert answer["choices"][0]["finish_reason"] in {"stop", "length"}


def test_the_deletion_line_deletes(real: Running, folder: Any) -> None:
    job_id = real.fine_tune((folder / "train.jsonl").read_bytes(), model="ada", n_epochs=1)
    name = real.until(job_id, "succeeded", seconds=60)["fine_tuned_model"]
    assert shell(DELETION.replace("<FINE_TUNED_MODEL>", name), real) == {"id": name, "object": "model", "deleted": True}
    assert shell(DELETION.replace("<FINE_TUNED_MODEL>", name), real)["error"]["type"] == "invalid_request_error"
