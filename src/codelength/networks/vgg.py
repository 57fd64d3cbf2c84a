"""A small VGG for colour photos, of the kind that trains fast: after airbench (K. Jordan, 2024)."""

from __future__ import annotations

import itertools

from torch import nn

from codelength.agreement import register
from codelength.networks.layers import ConvGroup, GlobalMaxPool, Head, image_shape


def vgg_small(shape: tuple[int, ...], classes: int, widths: tuple[int, ...] = (64, 256, 256)) -> nn.Module:
    """A 2 x 2 stem of 24 filters, then three groups of two convolutions (16 x 16 pixels and up)."""
    channels, _, _ = image_shape(shape, smallest=16)
    groups = [ConvGroup(wide_in, wide_out) for wide_in, wide_out in itertools.pairwise((24, *widths))]
    return nn.Sequential(
        nn.Conv2d(channels, 24, 2),
        nn.GELU(),
        *groups,
        GlobalMaxPool(),
        Head(widths[-1], classes),
    )


register("vgg-small", vgg_small)
