"""When nothing can be written down any more: nothing piles up, the server stops, and the next start goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from server.running import ROWS, Running, error_of, script, settings_for


@contextmanager
def unwritable(data_dir: Path, table: str) -> Generator[None, None, None]:
    """Let every new or changed row of a table fail, as on a full disk."""
    statements = [
        f"CREATE TRIGGER full_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(FAIL, 'disk full'); END"
        for verb in ("INSERT", "UPDATE")
    ]
    change(data_dir, *statements)
    yield
    change(data_dir, *(f"DROP TRIGGER full_{verb}" for verb in ("INSERT", "UPDATE")))


def change(data_dir: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data_dir / "openft.sqlite", timeout=10)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_server_stops_though_the_end_of_a_job_cannot_be_written(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with Running(settings) as server:
        job_id = server.fine_tune(script(epochs=2, pause=0.3))
        server.until(job_id, "running")
        with unwritable(tmp_path, "models"):
            outcome = tmp_path / "jobs" / job_id.removeprefix("ft-") / "outcome.json"
            server.until_true(outcome.exists)
            server.__exit__(None, None, None)
    with Running(settings) as server:
        assert server.finished(job_id)["status"] == "succeeded"


def test_results_that_cannot_be_committed_are_kept_once(server: Running) -> None:
    data = server.settings.data_dir
    with unwritable(data, "models"):
        job_id = server.fine_tune(script(epochs=1))
        results = data / "files" / job_id.replace("ft-", "file-")
        server.until_true(results.exists)
        first = results.stat().st_ino
        server.until_true(lambda: results.stat().st_ino != first)  # copied again
        assert len(list((data / "files").iterdir())) == 2
        assert list((data / "incoming").iterdir()) == []
    job = server.finished(job_id)
    assert [file["id"] for file in job["result_files"]] == [results.name]
    assert server.http.get(f"/files/{results.name}/content").text.startswith("step,")


def test_an_upload_that_cannot_be_committed_leaves_nothing(server: Running) -> None:
    data = server.settings.data_dir
    with unwritable(data, "files"):
        answer = server.http.post("/files", data={"purpose": "fine-tune"}, files={"file": ("a.jsonl", ROWS)})
        assert (answer.status_code, error_of(answer)["type"]) == (500, "server_error")
        assert [*(data / "files").iterdir(), *(data / "incoming").iterdir()] == []
    server.upload()
