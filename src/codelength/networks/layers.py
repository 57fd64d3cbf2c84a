"""Pieces that several networks share."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from codelength.errors import InputError

_LEAST_VARIANCE = 5e-4  # of a direction among patches of inputs with variance one


class Head(nn.Linear):
    """The last layer, always in float32: a logit of 10 in bfloat16 has steps of 0.06."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float())


def conv(channels_in: int, channels_out: int) -> nn.Conv2d:
    """A 3 x 3 convolution that keeps the picture's size, without the bias that a norm removes."""
    return nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)


class Stem(nn.Conv2d):
    """The first convolution. What comes out lies channels last, of grey pictures, too.

    One channel's memory looks the same either way, and torch then takes the slower one: a training step of
    lenet-5-bn on MNIST took 1.9 times as long (bfloat16).
    """

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(torch.empty_like(x, memory_format=torch.channels_last).copy_(x))


def norm(channels: int) -> nn.BatchNorm2d:
    """Batch norm whose running statistics forget within some ten batches, as the weights move on."""
    return nn.BatchNorm2d(channels, momentum=0.2)


class Whitening(nn.Conv2d):
    """A 2 x 2 convolution by the inputs' own principal patches, whitened, and their negatives; only its
    bias is learned.

    Both ends hold the inputs, so that it costs nothing (after airbench, K. Jordan, 2024).
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, 8 * channels, 2)
        self.weight.requires_grad_(False)

    @torch.no_grad()
    def behold(self, x: Tensor) -> None:
        """Takes its weights from inputs (m, channels, height, width)."""
        patches = functional.unfold(x, 2).transpose(1, 2).flatten(0, 1).double()
        patches -= patches.mean(dim=0)
        variances, directions = torch.linalg.eigh(patches.T @ patches / len(patches))
        filters = (directions * (variances + _LEAST_VARIANCE).rsqrt()).T
        self.weight.copy_(torch.cat((filters, -filters)).reshape(self.weight.shape))


class GlobalMaxPool(nn.Module):
    """The greatest value of each channel: nn.AdaptiveMaxPool2d has no exact gradient on a GPU."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.max_pool2d(x, x.shape[2:]).flatten(1)


class ConvGroup(nn.Sequential):
    """conv, pool, batch norm, GELU, conv, batch norm, GELU: half the picture's size comes out."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            conv(channels_in, channels_out),
            nn.MaxPool2d(2),
            norm(channels_out),
            nn.GELU(),
            conv(channels_out, channels_out),
            norm(channels_out),
            nn.GELU(),
        )


def image_shape(shape: tuple[int, ...], smallest: int) -> tuple[int, int, int]:
    """`shape` as (channels, height, width); InputError if it is no image or smaller than `smallest`."""
    if len(shape) != 3:
        raise InputError("it takes images, not a table of numbers; 'shallow' and 'mlp' take both")
    if min(shape[1:]) < smallest:
        raise InputError(f"its images need at least {smallest} x {smallest} pixels")
    return shape[0], shape[1], shape[2]
