"""A network in a random subspace: theta = theta_0 + P v, of few coordinates v that each move many parameters.

After S. Lotfi et al., PAC-Bayes Compression Bounds So Tight That They Can Explain Generalization (NeurIPS
2022), and, for the sparse projection, W. Chen et al., Compressing Neural Networks with the Hashing Trick
(ICML 2015).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from codelength.compression.compression import Parameters
from codelength.compression.reparameterized import Reparameterized
from codelength.compression.trained import fill, flattened


class Projected(Reparameterized):
    """A network, taken over at theta_0, whose tensors have `counts` (tensors,) coordinates; P from a seed."""

    def __init__(self, network: nn.Module, counts: Sequence[int], seed: int) -> None:
        super().__init__(network)
        theta = [p.detach() for p in network.parameters() if p.requires_grad]
        self.counts = list(counts)
        for number, count in enumerate(counts):
            self.register_parameter(f"v{number}", nn.Parameter(torch.zeros(count)))
        generator = torch.Generator().manual_seed(seed)
        tied, signs = [], []
        for start, count, before in zip(theta, counts, np.cumsum([0, *counts]), strict=False):
            tied.append(before + torch.randperm(start.numel(), generator=generator) % count)
            signs.append(torch.randint(0, 2, (start.numel(),), generator=generator) * 2.0 - 1)
        spread = [sign * _spread(start) for sign, start in zip(signs, theta, strict=True)]
        for name, tensors in (
            ("start", [start.flatten() for start in theta]),
            ("tied", tied),  # the coordinate that moves each parameter
            ("spread", spread),  # how far
        ):
            self.register_buffer(name, torch.cat(tensors), persistent=False)

    @torch.no_grad()
    def parameters_at(self, v: npt.NDArray[np.float64]) -> Parameters:
        """The network's parameters at these coordinates (sum of `counts`,), tensor after tensor."""
        fill(self._coordinates, v.astype(np.float32))
        return flattened(self.eval().weights())

    def coordinates(self) -> Tensor:
        """Those of all tensors, one after the other (sum of `counts`,)."""
        return torch.cat(self._coordinates)

    @property
    def _coordinates(self) -> list[Tensor]:
        return [getattr(self, f"v{number}") for number in range(len(self.counts))]

    def weights(self) -> list[Tensor]:
        moved = self.coordinates().index_select(0, self.get_buffer("tied"))
        return self.shaped(self.get_buffer("start") + self.get_buffer("spread") * moved)


def shared_out(coordinates: int, sizes: Sequence[int], even: float = 0.5) -> list[int]:
    """How many coordinates each tensor gets: as its size to a power, at least one, at most its size."""
    weights = np.array(sizes, np.float64) ** even
    wanted = np.maximum(1, np.rint(coordinates * weights / max(1.0, weights.sum())))
    return [int(min(size, count)) for size, count in zip(sizes, wanted, strict=True)]


def _spread(start: Tensor) -> float:
    """How far a coordinate of one moves a parameter: as far as a fresh layer's weights lie apart."""
    return 1 / math.sqrt(start[0].numel()) if start.ndim > 1 else 1.0
