"""A checkpoint: weights, optimizer and the measurements so far, in one file that is whole or absent."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import Optimizer
from transformers import PreTrainedModel

from openft.server.engine.durable import file_in_place, sync
from openft.server.engine.results import COUNTS, Row

STATE = "state.safetensors"


@dataclass
class Progress:
    """How far a job has come."""

    rows: list[Row] = field(default_factory=list)
    """One a step."""

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.rows)

    @property
    def tokens(self) -> int:
        """Tokens seen, repeats included."""
        return int(self.rows[-1]["elapsed_tokens"]) if self.rows else 0

    @property
    def examples(self) -> int:
        """Examples seen, repeats included."""
        return int(self.rows[-1]["elapsed_examples"]) if self.rows else 0


def write(folder: Path, model: PreTrainedModel, optimizer: Optimizer, progress: Progress) -> None:
    """Put a checkpoint in place of the one before."""
    folder.mkdir(exist_ok=True)
    tensors = {f"model.{name}": weight.detach().contiguous() for name, weight in model.named_parameters()}
    for place, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{place}.{name}": torch.as_tensor(value) for name, value in state.items()}
    columns = sorted({name for row in progress.rows for name in row})
    values = [[row.get(name, math.nan) for name in columns] for row in progress.rows]
    tensors["rows"] = torch.tensor(values, dtype=torch.float64)  # (steps, columns)
    with file_in_place(folder / STATE) as temporary:
        save_file(tensors, temporary, metadata={"columns": json.dumps(columns)})
    sync(folder.parent)


def restore(folder: Path, model: PreTrainedModel, optimizer: Optimizer) -> Progress:
    """Bring model and optimizer to where the newest checkpoint was; without one, to the start."""
    path = folder / STATE
    if not path.exists():
        return Progress()
    moments: dict[int, dict[str, Tensor]] = {}
    weights = dict(model.named_parameters())
    with safe_open(path, framework="pt") as stored:
        for key in stored.keys():  # noqa: SIM118 - not a dict
            kind, _, name = key.partition(".")
            if kind == "model":
                weights[name].data.copy_(stored.get_tensor(key))
            elif kind == "optimizer":
                place, _, name = name.partition(".")
                moments.setdefault(int(place), {})[name] = stored.get_tensor(key)
        columns, values = json.loads(stored.metadata()["columns"]), stored.get_tensor("rows").tolist()
    optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
    return Progress([_row(columns, row) for row in values])


def _row(columns: list[str], values: list[float]) -> Row:
    known = {name: value for name, value in zip(columns, values, strict=True) if not math.isnan(value)}
    return {name: int(value) if name in COUNTS else value for name, value in known.items()}
