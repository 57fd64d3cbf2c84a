"""A residual network for small pictures."""

from __future__ import annotations

import itertools

from torch import Tensor, nn

from codelength.agreement import register
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


def resnet_white(shape: tuple[int, ...], classes: int, widths: tuple[int, ...] = (64, 128, 256)) -> nn.Module:
    """A whitening 2 x 2 stem, a convolution and a pool, then two groups as above (16 x 16 pixels and up)."""
    channels, _, _ = image_shape(shape, smallest=16)
    stem = Whitening(channels)
    # no block for the first width: at that size it would take a third more time
    layers: list[nn.Module] = [stem, nn.GELU(), *_halved(stem.out_channels, widths[0])]
    for narrow, wide in itertools.pairwise(widths):
        layers += [*_halved(narrow, wide), Residual(wide)]
    return nn.Sequential(*layers, GlobalMaxPool(), Head(widths[-1], classes))


def _halved(channels_in: int, channels_out: int) -> list[nn.Module]:
    return [conv(channels_in, channels_out), *_pooled(channels_out)]


def _pooled(channels: int) -> list[nn.Module]:
    return [nn.MaxPool2d(2), norm(channels), nn.GELU()]


register("resnet-small", resnet_small)
register("resnet-white", resnet_white)
