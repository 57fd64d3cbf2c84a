"""A residual network for small pictures."""

from __future__ import annotations

import functools
import itertools

from torch import Tensor, nn

from codelength.agreement import build_in
from codelength.networks.layers import GlobalMaxPool, Head, Stem, Whitening, conv, image_shape, norm


class Residual(nn.Module):
    """conv, batch norm, GELU, conv, batch norm, beside the input (He et al., 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(channels, channels), norm(channels), nn.GELU(), conv(channels, channels), norm(channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.gelu(x + self.body(x))


def resnet_small(shape: tuple[int, ...], classes: int, widths: tuple[int, ...] = (32, 64, 128)) -> nn.Module:
    """For each width a convolution, a pool to half the size, a residual block (8 x 8 pixels and up)."""
    channels, _, _ = image_shape(shape, smallest=8)
    layers: list[nn.Module] = [Stem(channels, widths[0], 3, padding=1, bias=False), *_pooled(widths[0])]
    for narrow, wide in itertools.pairwise(widths):
        layers += [Residual(narrow), *_halved(narrow, wide)]
    layers.append(Residual(widths[-1]))
    return nn.Sequential(*layers, GlobalMaxPool(), Head(widths[-1], classes))


def resnet_white(
    shape: tuple[int, ...],
    classes: int,
    blocks: tuple[int, ...] = (0, 1, 1),
    widths: tuple[int, ...] = (64, 128, 256),
) -> nn.Module:
    """A whitening 2 x 2 stem, then groups as above with so many blocks each (16 x 16 pixels and up).

    A block for the first width, at the largest size, takes a third more time.
    """
    channels, _, _ = image_shape(shape, smallest=16)
    stem = Whitening(channels)
    layers: list[nn.Module] = [stem, nn.GELU()]
    for count, (narrow, wide) in zip(blocks, itertools.pairwise((stem.out_channels, *widths)), strict=True):
        layers += [*_halved(narrow, wide), *(Residual(wide) for _ in range(count))]
    return nn.Sequential(*layers, GlobalMaxPool(), Head(widths[-1], classes))


def _halved(channels_in: int, channels_out: int) -> list[nn.Module]:
    return [conv(channels_in, channels_out), *_pooled(channels_out)]


def _pooled(channels: int) -> list[nn.Module]:
    return [nn.MaxPool2d(2), norm(channels), nn.GELU()]


build_in("resnet-small", resnet_small)
build_in("resnet-white", resnet_white)
build_in("resnet-deep", functools.partial(resnet_white, blocks=(1, 1, 1)))
