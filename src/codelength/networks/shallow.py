"""Shallow networks: softmax regression, and one hidden layer."""

from __future__ import annotations

import functools
import math

from torch import nn

from codelength.agreement import build_in
from codelength.networks.layers import Head


def softmax_regression(shape: tuple[int, ...], classes: int) -> nn.Module:
    """Softmax regression on the flattened input; the same prediction for all inputs at first."""
    head = Head(math.prod(shape), classes)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return nn.Sequential(nn.Flatten(), head)


def one_hidden_layer(shape: tuple[int, ...], classes: int, width: int) -> nn.Module:
    """One hidden layer of ReLUs on the flattened input."""
    return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), width), nn.ReLU(), Head(width, classes))


build_in("shallow", softmax_regression)
for _width in (64, 256, 1024):
    build_in(f"shallow-{_width}", functools.partial(one_hidden_layer, width=_width))
