"""The old client's command line, unmodified, against the real engine: the guide's lines as printed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clients.conftest import Legacy

pytestmark = pytest.mark.train


def last_json(text: str) -> Any:
    """Return the JSON document that the output ends with."""
    return json.loads(text[text.index("{") :])


def test_create_uploads_a_local_path_and_follows_to_the_end(legacy: Legacy) -> None:
    told = legacy.command("api", "fine_tunes.create", "-t", "train.jsonl", "-m", "ada", "--n_epochs", "1")
    assert "Uploaded file from train.jsonl" in told
    assert "Completed epoch 1/1" in told
    assert "Job complete! Status: succeeded" in told


def test_create_takes_a_suffix_and_does_not_follow_when_told(legacy: Legacy) -> None:
    told = legacy.command(
        "api", "fine_tunes.create", "-t", "train.jsonl", "--no_check_if_files_exist", "-m", "ada",
        "--suffix", "custom model name", "--no_follow",
    )  # fmt: skip
    job = last_json(told)
    assert job["object"] == "fine-tune"
    legacy.command("api", "fine_tunes.cancel", "-i", job["id"])


def test_follow_replays_a_finished_job(legacy: Legacy, trained: dict[str, Any]) -> None:
    told = legacy.command("api", "fine_tunes.follow", "-i", trained["id"])
    assert f"Created fine-tune: {trained['id']}" in told
    assert "Status: succeeded" in told


def test_list_get_and_events_show_the_job(legacy: Legacy, trained: dict[str, Any]) -> None:
    assert trained["id"] in legacy.command("api", "fine_tunes.list")
    assert last_json(legacy.command("api", "fine_tunes.get", "-i", trained["id"]))["status"] == "succeeded"
    assert "Fine-tune succeeded" in legacy.command("api", "fine_tunes.events", "-i", trained["id"])


def test_results_prints_the_step_metrics(legacy: Legacy, trained: dict[str, Any]) -> None:
    header, *rows = legacy.command("api", "fine_tunes.results", "-i", trained["id"]).strip().splitlines()
    assert header.startswith("step,elapsed_tokens,elapsed_examples,training_loss")
    assert [row.split(",")[0] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]


def test_completions_create_prints_prompt_and_answer(legacy: Legacy, trained: dict[str, Any]) -> None:
    told = legacy.command(
        "api", "completions.create", "-m", trained["fine_tuned_model"], "-p", "the film was great ->", "-M", "1"
    )
    assert told.startswith("the film was great ->")


def test_files_and_models_are_listed_read_and_deleted(legacy: Legacy) -> None:
    file = last_json(legacy.command("api", "files.create", "-f", "train.jsonl", "-p", "fine-tune"))
    assert file["id"] in legacy.command("api", "files.list")
    assert last_json(legacy.command("api", "files.get", "-i", file["id"]))["filename"] == "train.jsonl"
    assert last_json(legacy.command("api", "files.delete", "-i", file["id"]))["deleted"] is True
    assert last_json(legacy.command("api", "models.get", "-i", "ada"))["id"] == "ada"
    assert "davinci" in legacy.command("api", "models.list")


def test_a_model_that_is_deleted_twice_fails_with_a_message(legacy: Legacy) -> None:
    told = legacy.command("api", "models.delete", "-i", "ada:ft-personal-2020-01-01-00-00-00", exit_code=1)
    assert "no such model" in told
