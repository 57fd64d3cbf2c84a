"""A multilayer perceptron."""

from __future__ import annotations

import functools
import itertools
import math

from torch import nn

from codelength.agreement import build_in
from codelength.networks.layers import Head


def mlp(shape: tuple[int, ...], classes: int, widths: tuple[int, ...] = (256, 256)) -> nn.Module:
    """Hidden layers with batch norm and GELU on the flattened input."""
    layers: list[nn.Module] = [nn.Flatten()]
    for width_in, width_out in itertools.pairwise((math.prod(shape), *widths)):
        layers += [
            nn.Linear(width_in, width_out, bias=False),
            nn.BatchNorm1d(width_out, momentum=0.2),
            nn.GELU(),
        ]
    return nn.Sequential(*layers, Head(widths[-1], classes))


build_in("mlp", mlp)
build_in("mlp-3", functools.partial(mlp, widths=(256, 256, 256)))
