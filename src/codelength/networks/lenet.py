"""LeNets: those of the literature on compression, and one of today."""

from __future__ import annotations

import itertools
import math

from torch import nn

from codelength.agreement import build_in
from codelength.networks.layers import ConvGroup, GlobalMaxPool, Head, Stem, image_shape, norm


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


def lenet_300_100(shape: tuple[int, ...], classes: int) -> nn.Module:
    """LeNet-300-100 (LeCun et al., 1998): two hidden layers of 300 and 100."""
    size = math.prod(shape)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(size, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), Head(100, classes)
    )


def lenet_5(shape: tuple[int, ...], classes: int) -> nn.Module:
    """LeNet-5 as Caffe has it and Deep Compression compresses it: 20 and 50 filters of 5 x 5, 500 hidden."""
    channels, height, width = image_shape(shape, smallest=16)
    return nn.Sequential(
        Stem(channels, 20, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(50 * _left(height) * _left(width), 500),
        nn.ReLU(),
        Head(500, classes),
    )


def lenet_5_bn(shape: tuple[int, ...], classes: int) -> nn.Module:
    """LeNet-5 with batch norms and GELUs, 32 and 64 filters of 5 x 5, 256 hidden (16 x 16 pixels and up)."""
    channels, height, width = image_shape(shape, smallest=16)
    return nn.Sequential(
        Stem(channels, 32, 5),
        nn.MaxPool2d(2),
        norm(32),
        nn.GELU(),
        nn.Conv2d(32, 64, 5),
        nn.MaxPool2d(2),
        norm(64),
        nn.GELU(),
        nn.Flatten(),
        nn.Linear(64 * _left(height) * _left(width), 256),
        nn.BatchNorm1d(256),
        nn.GELU(),
        Head(256, classes),
    )


def _left(side: int) -> int:
    """Pixels of a side after two 5 x 5 convolutions without padding, each halved by a pool."""
    return ((side - 4) // 2 - 4) // 2


def lenet_slim(shape: tuple[int, ...], classes: int) -> nn.Module:
    """5 x 5 convolutions 8 and 16 wide and 48 hidden units, with batch norms (8 x 8 pixels and up)."""
    channels, height, width = image_shape(shape, smallest=8)
    return nn.Sequential(
        nn.Conv2d(channels, 8, 5, padding=2),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 16, 5, padding=2),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * (height // 4) * (width // 4), 48),
        nn.BatchNorm1d(48),
        nn.ReLU(),
        Head(48, classes),
    )


build_in("lenet", lenet)
build_in("lenet-5", lenet_5)
build_in("lenet-300-100", lenet_300_100)
build_in("lenet-5-bn", lenet_5_bn)
build_in("lenet-slim", lenet_slim)
