"""A LeNet of today: small convolutions and pooling for small pictures."""

from __future__ import annotations

import itertools

from torch import nn

from codelength.agreement import register
from codelength.networks.layers import ConvGroup, GlobalMaxPool, Head, image_shape


def lenet(shape: tuple[int, ...], classes: int, widths: tuple[int, ...] = (32, 32, 64)) -> nn.Module:
    """A 5 x 5 stem, then two groups of two convolutions, each at half the size (8 x 8 pixels and up).

    The stem halves the size too where there are 16 x 16 pixels or more: on MNIST that is as good as
    a full-size stem and twice as fast.
    """
    channels, height, width = image_shape(shape, smallest=8)
    stride = 2 if min(height, width) >= 16 else 1
    groups = [ConvGroup(wide_in, wide_out) for wide_in, wide_out in itertools.pairwise(widths)]
    return nn.Sequential(
        nn.Conv2d(channels, widths[0], 5, stride, padding=2),
        nn.GELU(),
        *groups,
        GlobalMaxPool(),
        Head(widths[-1], classes),
    )


register("lenet", lenet)
