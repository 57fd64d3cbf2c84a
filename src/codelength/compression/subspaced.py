"""The network that a subspace code trains: its parameters are a function of a few coordinates."""

from __future__ import annotations

import math
from collections.abc import Sequence

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
        theta = [p for p in network.parameters() if p.requires_grad]
        self.counts = _counts([p.numel() for p in theta], agreed.coordinates or 1, agreed.even)
        self.log_steps = nn.Parameter(torch.full((len(theta),), math.log2(agreed.step)))
        self.v = nn.ParameterList(torch.zeros(count) for count in self.counts)
        self.log_scales = nn.Parameter(torch.full((len(theta),), math.log2(agreed.step / 4)))
        self._price = agreed.price / max(1, labels)
        self._drawn: list[Tensor] = []
        generator = torch.Generator().manual_seed(seed)
        for number, (start, count) in enumerate(zip(theta, self.counts, strict=True)):
            tied = (torch.randperm(start.numel(), generator=generator) % count).reshape(start.shape)
            signs = torch.randint(0, 2, start.shape, generator=generator) * 2.0 - 1
            spread = signs * _spread(start)
            for name, tensor in (("start", start.detach().clone()), ("tied", tied), ("spread", spread)):
                self.register_buffer(f"{name}{number}", tensor, persistent=False)

    def parameters_at(self, v: Sequence[npt.NDArray[np.float64]]) -> Parameters:
        """The network's parameters at these coordinates, one array a tensor."""
        for mine, theirs in zip(self.v, v, strict=True):
            mine.data.copy_(torch.from_numpy(theirs.astype(np.float32)))
        return flattened(self.eval().weights())

    def weights(self) -> list[Tensor]:
        self._drawn = list(self.v)
        if self.training:
            steps = self.log_steps.exp2()
            self._drawn = [v + s * (torch.rand_like(v) - 0.5) for v, s in zip(self.v, steps, strict=True)]
        made = []
        for number, v in enumerate(self._drawn):
            start, tied, spread = (self.get_buffer(f"{name}{number}") for name in ("start", "tied", "spread"))
            made.append(start + spread * v.index_select(0, tied.flatten()).reshape(start.shape))
        return made

    def price(self) -> Tensor:
        """-log2 of the mass of a Laplace law in each coordinate's cell, in nats for each label."""
        bits = [
            laplace_bits(v, step, scale).sum()
            for v, step, scale in zip(self._drawn, self.log_steps.exp2(), self.log_scales.exp2(), strict=True)
        ]
        return torch.stack(bits).sum() * (self._price * _NATS)


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
