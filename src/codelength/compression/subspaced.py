"""The network that a subspace code trains: its parameters are a function of a few coordinates."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from codelength.compression.projected import Projected, shared_out
from codelength.compression.subspace import Subspace

_NATS = math.log(2)  # in a bit


class Subspaced(Projected):
    """A network that lives in a random subspace, with the noise of rounding while it is trained."""

    def __init__(self, network: nn.Module, agreed: Subspace, labels: int, seed: int) -> None:
        sizes = [p.numel() for p in network.parameters() if p.requires_grad]
        super().__init__(network, shared_out(agreed.coordinates or 1, sizes, agreed.even), seed)
        self.log_steps = nn.Parameter(torch.full((len(sizes),), math.log2(agreed.step)))
        self.log_scales = nn.Parameter(torch.full((len(sizes),), math.log2(agreed.step / 4)))
        self._price = agreed.price / max(1, labels)
        self._drawn = torch.zeros(sum(self.counts))  # the coordinates of the last forward pass in training
        owner = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(self.counts))
        self.register_buffer("owner", owner, persistent=False)

    def coordinates(self) -> Tensor:
        v = super().coordinates()
        if self.training:
            v = self._drawn = v + self._of_each(self.log_steps) * (torch.rand_like(v) - 0.5)
        return v

    def price(self) -> Tensor:
        """-log2 of the mass of a Laplace law in each coordinate's cell, in nats for each label."""
        steps, scales = self._of_each(self.log_steps), self._of_each(self.log_scales)
        return laplace_bits(self._drawn, steps, scales).sum() * (self._price * _NATS)

    def _of_each(self, logs: Tensor) -> Tensor:
        """Powers of two of each tensor's logarithm, one a coordinate."""
        return logs.exp2().index_select(0, self.get_buffer("owner"))


def laplace_bits(v: Tensor, step: Tensor, scale: Tensor) -> Tensor:
    """-log2 of the mass that a Laplace law of mean absolute value `scale` has in v ± step / 2."""
    half, distance = step / (2 * scale), v.abs() / scale
    outside = (distance - half).clamp(min=0)
    far = -outside + torch.log(-torch.expm1(-2 * half)) - _NATS
    inside = torch.minimum(distance, half)
    near = torch.log1p(-0.5 * (torch.exp(inside - half) + torch.exp(-inside - half)))
    return -torch.where(distance > half, far, near) / _NATS
