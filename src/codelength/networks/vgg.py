"""VGG networks: the fast small ones, and those of Simonyan and Zisserman (2015) with batch norm."""

from __future__ import annotations

import functools
import itertools

from torch import nn

from codelength.agreement import build_in
from codelength.networks.layers import ConvGroup, GlobalMaxPool, Head, Whitening, conv, image_shape, norm

#: convolutions before each pool, 64 to 512 filters wide
DEPTHS = {"vgg-11": (1, 1, 2, 2, 2), "vgg-13": (2, 2, 2, 2, 2), "vgg-16": (2, 2, 3, 3, 3)}
_WIDTHS = (64, 128, 256, 512, 512)


def vgg_small(shape: tuple[int, ...], classes: int, widths: tuple[int, ...] = (64, 128, 256)) -> nn.Module:
    """A whitening 2 x 2 stem, then three groups of two convolutions (16 x 16 pixels and up)."""
    channels, _, _ = image_shape(shape, smallest=16)
    stem = Whitening(channels)
    groups = [
        ConvGroup(wide_in, wide_out) for wide_in, wide_out in itertools.pairwise((stem.out_channels, *widths))
    ]
    return nn.Sequential(stem, nn.GELU(), *groups, GlobalMaxPool(), Head(widths[-1], classes))


def vgg(shape: tuple[int, ...], classes: int, depths: tuple[int, ...]) -> nn.Module:
    """Groups of 3 x 3 convolutions with batch norm and ReLU; after each, half the size while there is any."""
    channels, height, width = image_shape(shape, smallest=8)
    side, layers = min(height, width), list[nn.Module]()
    for depth, wide in zip(depths, _WIDTHS, strict=True):
        for _ in range(depth):
            layers += [conv(channels, wide), norm(wide), nn.ReLU()]
            channels = wide
        if side > 1:
            layers.append(nn.MaxPool2d(2))
            side //= 2
    return nn.Sequential(*layers, GlobalMaxPool(), Head(channels, classes))


build_in("vgg-small", vgg_small)
build_in("vgg-wide", functools.partial(vgg_small, widths=(64, 256, 256)))
build_in("vgg-slim", functools.partial(vgg_small, widths=(32, 64, 128)))
for _name, _depths in DEPTHS.items():
    build_in(_name, functools.partial(vgg, depths=_depths))
