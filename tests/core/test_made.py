"""What a client remembers of what it has made."""

from __future__ import annotations

from openft._core.made import KEPT, Made
from openft.types import FileDeleted, Model


def test_the_latest_ids_are_kept() -> None:
    made = Made()
    for number in range(KEPT + 1):
        made.add(Model(id=f"m-{number}"))
    assert "m-0" not in made
    assert {"m-1", f"m-{KEPT}"} <= {id for id in ("m-1", f"m-{KEPT}") if id in made}


def test_what_has_no_id_is_not_kept() -> None:
    made = Made()
    made.add(None)
    made.add(FileDeleted(id="file-1", deleted=True))
    assert "file-1" in made
