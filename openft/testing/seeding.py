"""Jobs that were there before the test began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openft.testing import lifecycle, training
from openft.testing.life import Life
from openft.testing.naming import new_stem
from openft.testing.records import FakeFile, FakeJob, WireName
from openft.types.requests.fine_tuning import SupervisedHyperparameters

if TYPE_CHECKING:
    from openft.testing.world import World

MONTH = 30 * 24 * 3600.0
ROW = b'{"prompt": "great film ->", "completion": " positive"}\n'


def add_jobs(world: World, count: int, wire: WireName, life: Life) -> list[FakeJob]:
    """Put jobs into the list that were created a month ago, and have ended if they took less."""
    created = world.now - MONTH
    file = FakeFile(
        id=f"file-{new_stem()}", content=ROW, filename="old.jsonl", purpose="fine-tune", created_at=created, rows=1,
        kind="prompt_completion",
    )  # fmt: skip
    world.files[file.id] = file
    made = [_job(world, wire, life, file, created) for _ in range(count)]
    world.settle()
    return made


def _job(world: World, wire: WireName, life: Life, file: FakeFile, created: float) -> FakeJob:
    asked = SupervisedHyperparameters(n_epochs=1, batch_size=1)
    chosen = training.current_choice(asked, file.rows)
    job = FakeJob(
        wire=wire,
        created_at=created,
        life=life,
        model=world.bases[0],
        base=world.bases[0],
        training_file=file.id,
        hyperparameters={**chosen, "prompt_loss_weight": 0.01} if wire == "legacy" else chosen,
    )
    lifecycle.begin(world, job)
    return job
