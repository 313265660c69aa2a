"""Runs a model over token sequences side by side, remembering what it has read (a KV cache)."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel


class Reader:
    """Sequences of different lengths that a model has read, padded on the left so that all end together."""

    def __init__(self, model: PreTrainedModel, prompts: list[list[int]]) -> None:
        """Read the prompts; ``self.last`` is what the model expects next."""
        self._model = model
        self._cache = DynamicCache(config=model.config)
        width = max(map(len, prompts))
        padded = [[0] * (width - len(prompt)) + prompt for prompt in prompts]
        self._mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])  # (B, T)
        self.last: torch.Tensor = self._run(torch.tensor(padded), keep=1)[:, -1]
        """Logits of each sequence's next token (B, V)."""

    def read(self, tokens: Tensor) -> Tensor:
        """Read tokens (B, L) after what was read; return the logits of the token after each (B, L, V)."""
        self._mask = torch.cat([self._mask, torch.ones_like(tokens)], dim=1)
        return self._run(tokens)

    def forget(self, count: int) -> None:
        """Unread the last so many tokens."""
        self._mask = self._mask[:, : self._mask.shape[1] - count]
        self._cache.crop(-count)

    def repeat(self, times: int) -> None:
        """Have each sequence so many times, copies side by side."""
        if times > 1:
            self._cache.batch_repeat_interleave(times)
            self._mask = self._mask.repeat_interleave(times, dim=0)
            self.last = self.last.repeat_interleave(times, dim=0)

    def select(self, rows: list[int]) -> None:
        """Go on with some of the sequences only."""
        self._cache.batch_select_indices(torch.tensor(rows))
        self._mask = self._mask[rows]

    @torch.inference_mode()
    def _run(self, tokens: Tensor, keep: int = 0) -> Tensor:
        positions = (self._mask.cumsum(dim=1) - 1).clamp(min=0)[:, -tokens.shape[1] :]
        answer = self._model(
            input_ids=tokens,
            attention_mask=self._mask,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=keep,
        )
        logits: Tensor = answer.logits.float()
        return logits
