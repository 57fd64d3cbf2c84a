"""The network that a subspace code trains: its parameters are a function of a few coordinates."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from codelength.compression.compression import Parameters
from codelength.compression.reparameterized import Reparameterized
from codelength.compression.subspace import Subspace
from codelength.compression.trained import flattened

_NATS = math.log(2)  # in a bit


class Subspaced(Reparameterized):
    """A network that lives in a random subspace, with the noise of rounding while it is trained."""

    def __init__(self, network: nn.Module, agreed: Subspace, labels: int, seed: int) -> None:
        super().__init__(network)
        theta = [p.detach() for p in network.parameters() if p.requires_grad]
        self.counts = _counts([p.numel() for p in theta], agreed.coordinates or 1, agreed.even)
        self.log_steps = nn.Parameter(torch.full((len(theta),), math.log2(agreed.step)))
        self.log_scales = nn.Parameter(torch.full((len(theta),), math.log2(agreed.step / 4)))
        self.v = nn.Parameter(torch.zeros(sum(self.counts)))
        self._price = agreed.price / max(1, labels)
        self._drawn = self.v.detach()  # what the last forward pass in training took for v
        self._theta = [p.shape for p in theta]
        generator = torch.Generator().manual_seed(seed)
        tied, signs = [], []
        for start, count, before in zip(theta, self.counts, np.cumsum([0, *self.counts]), strict=False):
            tied.append(before + torch.randperm(start.numel(), generator=generator) % count)
            signs.append(torch.randint(0, 2, (start.numel(),), generator=generator) * 2.0 - 1)
        spread = [sign * _spread(start) for sign, start in zip(signs, theta, strict=True)]
        for name, tensors in (
            ("start", [start.flatten() for start in theta]),
            ("tied", tied),  # the coordinate that moves each parameter
            ("spread", spread),  # how far
            ("owner", [torch.full((count,), number) for number, count in enumerate(self.counts)]),
        ):
            self.register_buffer(name, torch.cat(tensors), persistent=False)

    def parameters_at(self, v: npt.NDArray[np.float64]) -> Parameters:
        """The network's parameters at these coordinates (sum of `counts`,), tensor after tensor."""
        self.v.data.copy_(torch.from_numpy(v.astype(np.float32)))
        return flattened(self.eval().weights())

    def weights(self) -> list[Tensor]:
        v: Tensor = self.v
        if self.training:
            v = self._drawn = v + self._of_each(self.log_steps) * (torch.rand_like(v) - 0.5)
        moved = v.index_select(0, self.get_buffer("tied"))
        flat = self.get_buffer("start") + self.get_buffer("spread") * moved
        pieces = torch.split(flat, [shape.numel() for shape in self._theta])
        return [piece.reshape(shape) for piece, shape in zip(pieces, self._theta, strict=True)]

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


def _counts(sizes: list[int], coordinates: int, even: float) -> list[int]:
    """How many coordinates each tensor gets: as its size to a power, at least one, at most its size."""
    weights = np.array(sizes, np.float64) ** even
    wanted = np.maximum(1, np.rint(coordinates * weights / max(1.0, weights.sum())))
    return [int(min(size, count)) for size, count in zip(sizes, wanted, strict=True)]


def _spread(start: Tensor) -> float:
    """How far a coordinate of one moves a parameter: as far as a fresh layer's weights lie apart."""
    return 1 / math.sqrt(start[0].numel()) if start.ndim > 1 else 1.0
