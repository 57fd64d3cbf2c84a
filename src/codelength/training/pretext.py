"""What a network can learn from the inputs alone, which both ends hold: how far each was turned.

Source: S. Gidaris, P. Singh and N. Komodakis, Unsupervised Representation Learning by Predicting Image
Rotations (ICLR 2018).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from codelength.errors import InputError
from codelength.order import Rows

TURNS = 4


class Turned:
    """Pictures x (n, ...) in all four directions: row i is picture i // 4, turned by i % 4 quarters."""

    def __init__(self, x: Rows, channels_last: bool) -> None:
        self._x = x
        self._axes = (1, 2) if channels_last or x.ndim == 3 else (2, 3)  # height and width
        sides = {x.shape[axis] for axis in self._axes} if x.ndim > 2 else {0, 1}
        if len(sides) > 1:
            raise InputError(f"only square pictures can be turned, not inputs of shape {tuple(x.shape[1:])}")
        self.shape: tuple[int, ...] = (TURNS * len(x), *x.shape[1:])
        self.dtype = x.dtype
        self.ndim = x.ndim

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any, /) -> npt.NDArray[Any]:
        indices = np.arange(len(self))[rows]
        found = np.array(self._x[indices // TURNS])
        for turns in range(1, TURNS):
            mine = indices % TURNS == turns
            found[mine] = np.rot90(found[mine], turns, axes=self._axes)
        return found

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """How far each row is turned, in quarters."""
        return np.arange(len(self), dtype=np.int64) % TURNS


@torch.no_grad()
def transplanted(learned: nn.Module, into: nn.Module) -> nn.Module:
    """The network `into`, with the parameters of one that is alike but for the last layer, which it keeps."""
    mine = dict(into.named_parameters())
    last = list(mine)[-1].rpartition(".")[0] + "."
    for name, parameter in learned.named_parameters():
        if not name.startswith(last):
            mine[name].copy_(parameter)
    return into
