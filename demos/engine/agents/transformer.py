"""A small decoder-only transformer: what it writes next, and what goes on inside while it does."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from ..rules.text import Shape


class Cache(NamedTuple):
    """What was read so far, to go on from."""

    numbers: torch.Tensor  # int64[batch, length]
    layers: list[tuple[torch.Tensor, torch.Tensor]]  # of each: keys and values, float32[batch, heads, length, size]


@dataclass
class Inside:
    """What one pass over one text went through.

    `attention`: float32[layers, heads, length, length], how much the row's token looks at the column's; `stream`:
    float32[layers + 1, length, width], the residual stream before the first layer and after each.
    """

    attention: torch.Tensor
    stream: torch.Tensor


class Layer(nn.Module):
    """Attention over what came before, then a dense layer of four times the width, each added to the stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.before_attention, self.before_dense = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.project = nn.Linear(shape.width, 3 * shape.width)
        self.gather = nn.Linear(shape.width, shape.width)
        self.dense = nn.Sequential(
            nn.Linear(shape.width, 4 * shape.width), nn.GELU(), nn.Linear(4 * shape.width, shape.width)
        )

    def forward(
        self, stream: torch.Tensor, cached: tuple[torch.Tensor, torch.Tensor] | None, look: list[torch.Tensor] | None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        """The stream after this layer, float32[batch, length, width], and its keys and values, earlier ones first."""
        batch, length, width = stream.shape
        query, key, value = (
            part.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for part in self.project(self.before_attention(stream)).split(width, 2)
        )
        if cached is not None:
            key, value = torch.cat((cached[0], key), 2), torch.cat((cached[1], value), 2)
        if look is not None:
            scores = query @ key.transpose(2, 3) / math.sqrt(width // self.heads)
            later = torch.ones(length, key.shape[2], dtype=torch.bool).triu(key.shape[2] - length + 1)
            attention = scores.masked_fill(later, -math.inf).softmax(3)
            look.append(attention)
            seen = attention @ value
        else:
            seen = F.scaled_dot_product_attention(query, key, value, is_causal=length > 1)
        stream = stream + self.gather(seen.transpose(1, 2).reshape(batch, length, width))
        return stream + self.dense(self.before_dense(stream)), (key, value)


class Transformer(nn.Module):
    """The network; after Radford et al. 2019 (layer norms before attention and dense layers, learned positions)."""

    def __init__(self, words: int, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(words, shape.width)
        self.place = nn.Embedding(shape.context, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, words)
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)
        for layer in self.layers:
            for last in (layer.gather, layer.dense[2]):  # type: ignore[union-attr, index]
                nn.init.normal_(last.weight, std=0.02 / math.sqrt(2 * shape.layers))  # type: ignore[union-attr, arg-type]

    def forward(
        self,
        numbers: torch.Tensor,
        cache: Cache | None = None,
        steer: dict[int, torch.Tensor] | None = None,
        look: list[torch.Tensor] | None = None,
        stream: list[torch.Tensor] | None = None,
    ) -> tuple[torch.Tensor, Cache]:
        """Logits of what comes next, float32[batch, length, words], and the cache to go on with.

        `numbers`: int64[batch, length], at most `shape.context` with what is cached. A cache is followed by one token
        at a time. `steer`: vectors, float32[width], added to the stream after the layer of that number (0: before the
        first). `look`, `stream`: lists to fill with each layer's attention, and with the stream as in `Inside`.
        """
        read = torch.cat((cache.numbers, numbers), 1) if cache else numbers
        hidden = self.embed(numbers) + self.place(self.places(read)[..., -numbers.shape[1] :])
        kept = []
        for i in range(len(self.layers) + 1):
            if i:
                hidden, keys = self.layers[i - 1](hidden, cache.layers[i - 1] if cache else None, look)
                kept.append(keys)
            if steer and i in steer:
                hidden = hidden + steer[i]
            if stream is not None:
                stream.append(hidden)
        return self.head(self.norm(hidden)), Cache(read, kept)

    def places(self, numbers: torch.Tensor) -> torch.Tensor:
        """The place of each token, int64[length] or [batch, length]: from 0, and from 0 again after each break."""
        at = torch.arange(numbers.shape[1])
        if not self.shape.breaks:
            return at
        begins = torch.zeros_like(numbers)
        begins[:, 1:] = torch.isin(numbers[:, :-1], torch.tensor(self.shape.breaks)) * at[1:]
        return at - begins.cummax(1).values


def inside(network: Transformer, numbers: list[int], steer: dict[int, torch.Tensor] | None = None) -> Inside:
    """What goes on inside a network that reads this text."""
    look: list[torch.Tensor] = []
    stream: list[torch.Tensor] = []
    with torch.inference_mode():
        network(torch.tensor([numbers]), None, steer, look, stream)
    return Inside(torch.stack([attention[0] for attention in look]), torch.stack([hidden[0] for hidden in stream]))
