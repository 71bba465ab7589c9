"""The network: from the picture the agent sees to its action probabilities and its value of the state."""

import math
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import nn

from ..rules.sprites import PATCH, cut_patches
from ..rules.world import Demo, Learning

Network = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]  # pictures to logits and values


class Layers(nn.Module):
    """A network that can be looked at layer by layer."""

    def stages(self) -> list[tuple[str, Callable[[torch.Tensor], torch.Tensor]]]:
        """The layers by name, each fed with what the one before holds."""
        raise NotImplementedError

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        x = pictures
        for _, stage in self.stages():
            x = stage(x)
        return x


class Features(Layers):
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

    def stages(self) -> list[tuple[str, Callable[[torch.Tensor], torch.Tensor]]]:
        """embed, conv0, conv1, ..., perhaps wide, dense."""
        found: list[tuple[str, Callable[[torch.Tensor], torch.Tensor]]] = [("embed", self._embedded)]
        found.append(("conv0", lambda tiles: torch.relu(self.halve(tiles))))
        for i, convolution in enumerate(self.convolutions, 1):
            found.append((f"conv{i}", partial(_residual, convolution)))
        if self.wide is None:
            return [*found, ("dense", lambda x: torch.relu(self.dense(self._flat(x))))]
        wide = self.wide
        found.append(("wide", lambda x: torch.relu(wide(self._flat(x)))))
        return [*found, ("dense", lambda x: torch.relu(self.dense(x)))]

    def _embedded(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.embedded(self.patches(pictures).to(self.embed.weight.device))

    def patches(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures cut into their tiles: float32[batch, rows, columns, 5, 15] of 0..255."""
        patches = np.empty((len(pictures), self.rows, self.columns, PATCH, PATCH * 3), np.float32)
        cut_patches(pictures.numpy(force=True), self.rows, self.columns, patches)  # 7 times as fast as torch
        return torch.from_numpy(patches)

    def embedded(self, patches: torch.Tensor) -> torch.Tensor:
        """What the first layer makes of `patches`."""
        n = len(patches)
        x = patches.reshape(n * self.rows * self.columns, -1)
        weight = self.embed.weight  # applied to bytes as if they were -0.5..0.5
        x = nn.functional.linear(x, weight / 255, self.embed.bias - 0.5 * weight.sum(1))
        return torch.relu(x).view(n, self.rows, self.columns, -1).permute(0, 3, 1, 2)

    def _flat(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.flatten(1)
        if self.pooled:
            flat = torch.cat((flat, 3 * x.amax((2, 3))), 1)  # 3: one number per channel against dozens
        return flat


def _residual(convolution: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return torch.relu(x + convolution(x))


class NatureFeatures(Layers):
    """The convolutions of stable-baselines3's `CnnPolicy` (Mnih et al. 2015), for agents that people trained with it.

    Input: uint8[batch, height * width * 3], rows * 5 pixels high and columns * 5 wide. Output: float32[batch, 512].
    Raises ValueError where the pictures are too small for it.
    """

    KERNELS = ((8, 4), (4, 2), (3, 1))  # sizes and strides

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.height, self.width = rows * PATCH, columns * PATCH
        height, width = self.height, self.width
        for size, stride in self.KERNELS:
            height, width = (height - size) // stride + 1, (width - size) // stride + 1
        if min(height, width) < 1:
            raise ValueError(
                f"Pictures of {self.height} x {self.width} pixels are too small for CnnPolicy, which wants 36 x 36."
            )
        layers: list[nn.Module] = []
        for (size, stride), before, after in zip(self.KERNELS, (3, 32, 64), (32, 64, 64), strict=True):
            layers += [nn.Conv2d(before, after, size, stride), nn.ReLU()]
        self.cnn = nn.Sequential(*layers, nn.Flatten())
        self.linear = nn.Sequential(nn.Linear(64 * height * width, 512), nn.ReLU())

    def stages(self) -> list[tuple[str, Callable[[torch.Tensor], torch.Tensor]]]:
        """conv0, conv1, conv2, dense."""
        found = [(f"conv{i}", self.cnn[2 * i : 2 * i + 2]) for i in range(len(self.KERNELS))]
        return [
            ("conv0", lambda pictures: found[0][1](self._scaled(pictures))),
            *found[1:],
            ("dense", lambda x: self.linear(x.flatten(1))),
        ]

    def _scaled(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures.view(-1, self.height, self.width, 3).permute(0, 3, 1, 2).float() / 255


class Policy(nn.Module):
    """A trained agent's network. `forward`: pictures to (logits float[batch, actions], value float[batch]).

    `nature`: with the convolutions of `CnnPolicy` in place of ours.
    """

    def __init__(self, demo: Demo, nature: bool = False) -> None:
        super().__init__()
        self.features: Features | NatureFeatures
        if nature:
            self.features = NatureFeatures(demo.rows, demo.view)
        else:
            self.features = Features(demo.rows, demo.view, demo.learning)
        size = 512 if nature else 128
        self.action = nn.Linear(size, len(demo.actions))
        self.value = nn.Linear(size, 1)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.features(pictures)
        return self.action(x), self.value(x).squeeze(1)

    def frozen(self) -> Network:
        """The same for one picture at a time, uint8[1, ...], in half the time: the layers are one call.

        Other threads go on meanwhile, which between layers they do not. To the bit what `forward` says, with the
        weights as they are now.
        """
        of = self.features
        if not isinstance(of, Features):
            return self
        patches = of.patches(torch.zeros((1, of.rows * of.columns * PATCH**2 * 3), dtype=torch.uint8))
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch would rather have everything compiled, which takes a compiler
            layers = torch.jit.freeze(torch.jit.trace(_AfterPatches(self).eval(), patches, check_trace=False))
        return lambda picture: layers(of.patches(picture))


class _AfterPatches(nn.Module):
    """A policy from the patches of a picture on."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, patches: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.policy.features
        assert isinstance(features, Features)
        x = features.embedded(patches)
        for _, stage in features.stages()[1:]:
            x = stage(x)
        return self.policy.action(x), self.policy.value(x).squeeze(1)


def policy_of(demo: Demo, weights: dict[str, torch.Tensor]) -> Policy:
    """The network with these weights, not to be trained further. Raises ValueError where they are of none."""
    policy = Policy(demo, nature=any(name.startswith("features.cnn.") for name in weights))
    try:
        policy.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(f"These are not the weights of an agent of {demo.name}.") from error
    return policy.eval().requires_grad_(False)
