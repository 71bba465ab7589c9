"""The network: from the picture the agent sees to its action probabilities and its value of the state."""

import math

import numpy as np
import torch
from torch import nn

from ..rules.sprites import PATCH, cut_patches
from ..rules.world import Demo, Learning


class Features(nn.Module):
    """Patches, convolutions, one dense layer: uint8 pictures to 128 numbers.

    The picture is cut into patches of 5 x 5 pixels, one per tile, each embedded alone; a convolution of stride `stride`
    and `depth` residual ones of 3 x 3 follow. The dense layer sees every cell; where `pooled`, also the largest value
    of each channel over all cells, so that what a convolution finds in one place counts in every place. With `hidden`,
    another dense layer of that size comes before it. Input:
    uint8[batch, height * width * 3], rows * 5 pixels high and columns * 5 wide. Output: float32[batch, 128].
    """

    def __init__(self, rows: int, columns: int, learning: Learning) -> None:
        super().__init__()
        width = learning.width
        self.rows, self.columns, self.pooled = rows, columns, learning.pooled
        self.embed = nn.Linear(PATCH * PATCH * 3, width)
        self.halve = nn.Conv2d(width, width, 3, stride=learning.stride)
        self.convolutions = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(learning.depth))
        cells = ((rows - 3) // learning.stride + 1) * ((columns - 3) // learning.stride + 1)
        flat = width * (cells + self.pooled)
        self.wide = nn.Linear(flat, learning.hidden) if learning.hidden else None
        self.dense = nn.Linear(learning.hidden or flat, 128)
        for layer in (self.embed, self.halve, *self.convolutions, self.wide, self.dense):
            if layer is None:
                continue
            nn.init.orthogonal_(layer.weight, math.sqrt(2))
            nn.init.zeros_(layer.bias)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        n = len(pictures)
        patches = np.empty((n, self.rows, self.columns, PATCH, PATCH * 3), np.float32)
        cut_patches(pictures.numpy(force=True), self.rows, self.columns, patches)  # 7 times as fast as torch
        x = torch.from_numpy(patches.reshape(n * self.rows * self.columns, -1)).to(self.embed.weight.device)
        weight = self.embed.weight  # applied to bytes as if they were -0.5..0.5
        x = nn.functional.linear(x, weight / 255, self.embed.bias - 0.5 * weight.sum(1))
        tiles = torch.relu(x).view(n, self.rows, self.columns, -1).permute(0, 3, 1, 2)
        x = torch.relu(self.halve(tiles))
        for convolution in self.convolutions:
            x = torch.relu(x + convolution(x))
        flat = x.flatten(1)
        if self.pooled:
            flat = torch.cat((flat, 3 * x.amax((2, 3))), 1)  # 3: one number per channel against dozens
        if self.wide is not None:
            flat = torch.relu(self.wide(flat))
        return torch.relu(self.dense(flat))


class Policy(nn.Module):
    """A trained agent's network. `forward`: pictures to (logits float[batch, actions], value float[batch])."""

    def __init__(self, demo: Demo) -> None:
        super().__init__()
        self.features = Features(demo.rows, demo.view, demo.learning)
        self.action = nn.Linear(128, len(demo.actions))
        self.value = nn.Linear(128, 1)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.features(pictures)
        return self.action(x), self.value(x).squeeze(1)
