"""Bases are made once and alike; other checkpoints load if they are safe."""

from __future__ import annotations

import hashlib
import json
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from openft.server.engine import bases
from openft.server.engine.bases import CHECKPOINT_RATE, LoadedModel, UnusableModel
from openft.server.engine.training import make_optimizer, train
from openft.server.jobspec import Hyperparameters, ModelRef


def digest(path: str | Path) -> str:
    return hashlib.sha256((Path(path) / "model.safetensors").read_bytes()).hexdigest()


def ref(path: Path, name: str = "ada") -> ModelRef:
    return ModelRef(name=name, path=str(path), base="ada")


@pytest.mark.parametrize("name", ["ada", "babbage", "curie", "davinci"])
def test_a_base_is_made_on_first_use(tmp_path: Path, name: str) -> None:
    loaded = bases.load(ref(tmp_path / "models" / name, name))
    assert loaded.model.num_parameters() > 0
    assert loaded.context == 2048
    assert sorted(entry.name for entry in (tmp_path / "models" / name).iterdir()) == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    assert [entry.name for entry in (tmp_path / "models").iterdir()] == [name]


def test_bases_grow_in_their_order() -> None:
    sizes = [bases.random_model(size, 8192).num_parameters() for size in bases.SIZES.values()]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 4


def test_a_base_is_the_same_wherever_it_is_made(tmp_path: Path, ada: ModelRef) -> None:
    torch.manual_seed(123)
    bases.make("ada", tmp_path / "ada")
    assert digest(tmp_path / "ada") == digest(ada.path)


def test_processes_may_race_to_make_a_base(tmp_path: Path, ada: ModelRef, processes: ForkServerContext) -> None:
    racers = [processes.Process(target=bases.make, args=("ada", tmp_path / "ada")) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert [racer.exitcode for racer in racers] == [0, 0, 0, 0]
    assert digest(tmp_path / "ada") == digest(ada.path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["ada"]


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match="ada:ft-me has no config"):
        bases.load(ref(tmp_path / "gone", "ada:ft-me"))


def gpt2(path: Path, ada: ModelRef) -> Path:
    """Leave a checkpoint of another architecture."""
    config = GPT2Config(n_embd=32, n_layer=1, n_head=2, vocab_size=8192, n_positions=64, bos_token_id=0, eos_token_id=0)
    GPT2LMHeadModel(config).save_pretrained(path)
    (path / "tokenizer.json").write_bytes((Path(ada.path) / "tokenizer.json").read_bytes())
    return path


def test_a_checkpoint_of_another_architecture_loads_and_trains(tmp_path: Path, ada: ModelRef) -> None:
    loaded = bases.load(ref(gpt2(tmp_path / "gpt2", ada), "mine"))
    assert (loaded.context, loaded.learning_rate) == (64, CHECKPOINT_RATE)
    from openft.server.engine.dataset import Example

    settings = Hyperparameters(n_epochs=2, batch_size=1, learning_rate_multiplier=1, prompt_loss_weight=0)
    steps = list(train(loaded, make_optimizer(loaded.model), [Example(1, [5], [6, 0], " x")], settings, seed=1))
    assert steps[1].loss < steps[0].loss


def test_pickled_weights_are_refused(tmp_path: Path, ada: ModelRef) -> None:
    path = gpt2(tmp_path / "gpt2", ada)
    torch.save({}, path / "pytorch_model.bin")
    (path / "model.safetensors").unlink()
    with pytest.raises(UnusableModel, match="safetensors"):
        bases.load(ref(path, "mine"))


def test_a_checkpoints_own_code_is_not_run(tmp_path: Path, ada: ModelRef) -> None:
    path = gpt2(tmp_path / "gpt2", ada)
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Evil", "AutoModelForCausalLM": "evil.Evil"}}
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", encoding="utf-8")
    with pytest.raises(UnusableModel):
        bases.load(ref(path, "mine"))
    assert not (tmp_path / "ran").exists()


def test_a_saved_model_is_the_model(tmp_path: Path, ada: ModelRef, loaded: LoadedModel) -> None:
    bases.save(loaded, Path(ada.path) / "tokenizer.json", tmp_path / "model")
    again = bases.load(ref(tmp_path / "model", "ada:ft-me"))
    assert again.learning_rate == loaded.learning_rate
    weights = dict(again.model.named_parameters())
    assert all(torch.equal(weight, weights[name]) for name, weight in loaded.model.named_parameters())
