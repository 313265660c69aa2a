"""Greedy tokens a second of our loop and of transformers' generate, side by side on a base.

Usage: ``python tests/benchmarks/bench_generate.py [--base ada] [--tokens 128]``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import torch

from openft.server.engine import bases
from openft.server.engine.bases import LoadedModel
from openft.server.engine.sampling import generate
from openft.server.generation import Generate
from openft.server.jobspec import ModelRef

PROMPT = [17] * 16


def ours(loaded: LoadedModel, ref: ModelRef, batch: int, tokens: int) -> None:
    """Complete a batch by our loop."""
    ask = Generate(
        id="1",
        model=ref,
        prompts=[PROMPT] * batch,
        max_tokens=tokens,
        temperature=0,
        top_p=1,
        n=1,
        stop=[],
        logprobs=None,
        echo=False,
        seed=1,
        stream=False,
    )
    for _ in generate(loaded, ask):
        pass


def theirs(loaded: LoadedModel, batch: int, tokens: int) -> None:
    """Complete a batch by transformers."""
    prompts = torch.tensor([PROMPT] * batch)
    with torch.inference_mode():
        loaded.model.generate(
            input_ids=prompts,
            attention_mask=torch.ones_like(prompts),
            min_new_tokens=tokens,
            max_new_tokens=tokens,
            do_sample=False,
            pad_token_id=0,
        )


def main() -> None:
    """Print a line a batch size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="ada")
    parser.add_argument("--tokens", type=int, default=128)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        ref = ModelRef(name=given.base, path=str(Path(folder) / given.base), base=given.base)
        loaded = bases.load(ref)
        for batch in (1, 8, 32):
            before = time.perf_counter()
            ours(loaded, ref, batch, given.tokens)
            between = time.perf_counter()
            theirs(loaded, batch, given.tokens)
            speeds = [batch * given.tokens / span for span in (between - before, time.perf_counter() - between)]
            print(f"batch {batch}: ours {speeds[0]:.0f}, transformers {speeds[1]:.0f} tokens/s", flush=True)


if __name__ == "__main__":
    main()
