"""A residual network for small pictures."""

from __future__ import annotations

from torch import Tensor, nn

from codelength.agreement import register
from codelength.networks.layers import GlobalMaxPool, Head, conv, image_shape, norm


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
    layers: list[nn.Module] = []
    for wide in widths:
        layers += [conv(channels, wide), nn.MaxPool2d(2), norm(wide), nn.GELU(), Residual(wide)]
        channels = wide
    return nn.Sequential(*layers, GlobalMaxPool(), Head(channels, classes))


register("resnet-small", resnet_small)
