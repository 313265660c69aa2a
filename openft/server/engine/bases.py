"""Models on disk: the embedded bases, made on first use, and any checkpoint folder in Hugging Face's layout."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedModel
from transformers.utils import logging

from openft.server.engine.durable import folder_in_place
from openft.server.engine.text import Codec
from openft.server.jobspec import ModelRef

logging.disable_progress_bar()  # they would fill worker.log

CONTEXT = 2048
SEED = 20210713  # of the weights; changing it changes every base


@dataclass(frozen=True)
class Size:
    """What tells the embedded bases apart."""

    hidden: int
    layers: int
    heads: int
    learning_rate: float
    """What a learning rate multiplier of 1 means."""


SIZES = {
    "ada": Size(hidden=64, layers=2, heads=4, learning_rate=0.06),
    "babbage": Size(hidden=96, layers=2, heads=4, learning_rate=0.06),
    "curie": Size(hidden=128, layers=3, heads=4, learning_rate=0.04),
    "davinci": Size(hidden=192, layers=4, heads=6, learning_rate=0.03),
}
CHECKPOINT_RATE = 2e-4
"""Of a checkpoint that brings no ``openft_learning_rate`` in its configuration: a pre-trained model."""


class UnusableModel(ValueError):  # noqa: N818 - read as a statement
    """A model's folder is missing or holds what openft does not load."""


@dataclass(frozen=True)
class LoadedModel:
    """Weights and tokenizer, ready for use."""

    model: PreTrainedModel
    codec: Codec
    context: int
    """The most tokens it can see, prompt and completion together."""
    learning_rate: float
    """What a learning rate multiplier of 1 means."""


def load(ref: ModelRef) -> LoadedModel:
    """Return a model ready for use; an embedded base is made if it is not there yet.

    Raises:
        UnusableModel: The folder is missing, or holds no safetensors checkpoint with a ``tokenizer.json``.
    """
    path = Path(ref.path)
    if not path.exists() and ref.name in SIZES:
        make(ref.name, path)
    for name in ("config.json", "tokenizer.json"):
        if not (path / name).is_file():
            raise UnusableModel(f"model {ref.name} has no {name}; give a checkpoint folder in Hugging Face's layout")
    try:
        model = AutoModelForCausalLM.from_pretrained(
            path, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
        )
    except (OSError, ValueError) as error:
        raise UnusableModel(f"model {ref.name} does not load from safetensors weights: {error}") from error
    check_head(ref.name, model)
    config = model.config
    return LoadedModel(
        model=model.eval(),
        codec=Codec.from_file(path / "tokenizer.json", end=_end_of_text(config.eos_token_id)),
        context=min(CONTEXT, getattr(config, "max_position_embeddings", CONTEXT)),
        learning_rate=getattr(config, "openft_learning_rate", CHECKPOINT_RATE),
    )


def output_head(model: PreTrainedModel) -> torch.nn.Module:
    """Return what makes logits (…, V) of hidden states (…, C)."""
    head: torch.nn.Module | None = model.get_output_embeddings()
    if head is None:
        raise UnusableModel("the model has no output head; give a causal language model")
    return head


def check_head(name: str, model: PreTrainedModel) -> None:
    """See that the logits are the output head's, as training assumes, which runs the head where there is loss only.

    Raises:
        UnusableModel: The model scales or caps them.
    """
    tokens = torch.arange(4)[None]
    with torch.inference_mode():
        whole = model.eval()(input_ids=tokens).logits
        parts = output_head(model)(model.base_model(input_ids=tokens).last_hidden_state)
    if not torch.allclose(whole, parts, atol=1e-4):
        raise UnusableModel(f"model {name} changes the logits after its output head; openft cannot train such a one")


def save(loaded: LoadedModel, tokenizer: Path, path: Path) -> None:
    """Put a model in place, with the tokenizer it was trained with."""
    with folder_in_place(path) as temporary:
        loaded.model.save_pretrained(temporary)
        shutil.copyfile(tokenizer, temporary / "tokenizer.json")


def make(name: str, path: Path) -> None:
    """Put an embedded base in place: seeded random weights and the shipped tokenizer."""
    with as_file(files("openft") / "assets" / "tokenizer.json") as tokenizer, folder_in_place(path) as temporary:
        codec = Codec.from_file(tokenizer, end=0)
        random_model(SIZES[name], codec.size).save_pretrained(temporary)
        shutil.copyfile(tokenizer, temporary / "tokenizer.json")


def random_model(size: Size, vocabulary: int) -> LlamaForCausalLM:
    """Return a Llama of this size with seeded random weights."""
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=size.hidden,
        intermediate_size=size.hidden * 8 // 3 // 8 * 8,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        max_position_embeddings=CONTEXT,
        initializer_range=0.05,  # twice the usual: so small a model learns to copy far sooner, whatever the seed
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=None,
    )
    config.update({"openft_learning_rate": size.learning_rate})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return LlamaForCausalLM(config)


def _end_of_text(token: int | list[int] | None) -> int:
    if isinstance(token, list):
        token = token[0] if token else None
    if token is None:
        raise UnusableModel("the model's config.json names no eos_token_id; add it")
    return token
