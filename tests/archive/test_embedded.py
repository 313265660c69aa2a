"""An archive of the embedded server, which speaks the API of 2023 alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from openft import Client
from openft.archive import save, verify


@pytest.mark.embedded
def test_the_embedded_server_is_archived_whole(tmp_path: Path) -> None:
    rows = b'{"prompt": "a ->", "completion": " b"}\n' * 2
    with Client.local(temporary=True) as client:
        file = client.files.create(file=("rows.jsonl", rows), purpose="fine-tune")
        assert save(client, tmp_path).ok
        again = save(client, tmp_path)
    assert again.summary().startswith("complete: 1 file ")
    assert (tmp_path / "files" / file.id / "rows.jsonl").read_bytes() == rows
    assert verify(tmp_path).ok
