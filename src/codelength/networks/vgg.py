"""A small VGG for colour photos, of the kind that trains fast: after airbench (K. Jordan, 2024)."""

from __future__ import annotations

import itertools

from torch import nn

from codelength.agreement import register
from codelength.networks.layers import ConvGroup, GlobalMaxPool, Head, Whitening, image_shape


def vgg_small(shape: tuple[int, ...], classes: int, widths: tuple[int, ...] = (64, 128, 256)) -> nn.Module:
    """A whitening 2 x 2 stem, then three groups of two convolutions (16 x 16 pixels and up)."""
    channels, _, _ = image_shape(shape, smallest=16)
    stem = Whitening(channels)
    groups = [
        ConvGroup(wide_in, wide_out) for wide_in, wide_out in itertools.pairwise((stem.out_channels, *widths))
    ]
    return nn.Sequential(stem, nn.GELU(), *groups, GlobalMaxPool(), Head(widths[-1], classes))


register("vgg-small", vgg_small)
