"""Networks whose parameters are functions of other numbers, which are trained in their place."""

from __future__ import annotations

import copy
import typing
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.func import functional_call

from codelength.compression.compression import Shapes


class Reparameterized(nn.Module, ABC):
    """A network, taken over, that computes its learned parameters before each forward pass."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        learned = {name: p for name, p in network.named_parameters() if p.requires_grad}
        self._names = list(learned)
        self._whole = [p.shape for p in learned.values()]
        self.network = copy.deepcopy(network).requires_grad_(False)  # its own parameters stand for nothing

    @abstractmethod
    def weights(self) -> list[Tensor]:
        """The network's learned parameters, in their order."""

    @property
    def shapes(self) -> Shapes:
        """The shapes of what is trained, in the order of its parameters."""
        return tuple(tuple(p.shape) for p in self.parameters() if p.requires_grad)

    def shaped(self, flat: Tensor) -> list[Tensor]:
        """Numbers that stand one after the other, as the network's learned parameters."""
        pieces = torch.split(flat, [shape.numel() for shape in self._whole])
        return [piece.reshape(shape) for piece, shape in zip(pieces, self._whole, strict=True)]

    def forward(self, x: Tensor) -> Tensor:
        parameters = dict(zip(self._names, self.weights(), strict=True))
        return typing.cast(Tensor, functional_call(self.network, parameters, (x,)))


class Masked(Reparameterized):
    """A network some of whose parameters are zero and stay so."""

    def __init__(
        self,
        network: nn.Module,
        theta: Sequence[npt.NDArray[np.float32]],
        masks: Sequence[npt.NDArray[np.bool_]],
    ) -> None:
        super().__init__(network)
        self.theta = nn.ParameterList(torch.from_numpy(each.copy()) for each in theta)
        for number, mask in enumerate(masks):
            self.register_buffer(f"mask{number}", torch.from_numpy(mask.copy()), persistent=False)

    def weights(self) -> list[Tensor]:
        return [theta * self.get_buffer(f"mask{number}") for number, theta in enumerate(self.theta)]


class Shared(Reparameterized):
    """A network whose parameters are few values: `assigned` (size,) says for each which one, 0 for zero."""

    def __init__(
        self, network: nn.Module, values: npt.NDArray[np.float32], assigned: npt.NDArray[np.int64]
    ) -> None:
        super().__init__(network)
        self.values = nn.Parameter(torch.from_numpy(values.copy()))
        self.register_buffer("assigned", torch.from_numpy(assigned.copy()), persistent=False)

    def weights(self) -> list[Tensor]:
        values = torch.cat((self.values.new_zeros(1), self.values))
        return self.shaped(values.index_select(0, self.get_buffer("assigned")))
