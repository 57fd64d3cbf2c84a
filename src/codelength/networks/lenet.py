"""A LeNet of today: small convolutions and pooling for small pictures."""

from __future__ import annotations

import itertools

from torch import nn

from codelength.agreement import register
from codelength.networks.layers import ConvGroup, Head, image_shape


def lenet(shape: tuple[int, ...], classes: int, widths: tuple[int, ...] = (24, 16, 32, 64)) -> nn.Module:
    """A 3 x 3 stem, then three groups of two convolutions, each at half the size (8 x 8 pixels and up)."""
    channels, height, width = image_shape(shape, smallest=8)
    layers: list[nn.Module] = [nn.Conv2d(channels, widths[0], 3, padding=1), nn.GELU()]
    side = min(height, width)
    for wide_in, wide_out in itertools.pairwise(widths):
        layers.append(ConvGroup(wide_in, wide_out, pool=side >= 4))
        side = side // 2 if side >= 4 else side
    return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), Head(widths[-1], classes))


register("lenet", lenet)
