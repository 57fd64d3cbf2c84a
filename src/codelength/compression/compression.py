"""What every compression of a network is: an agreement on how its parameters travel."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from codelength.agreement import Agreement
from codelength.channel import Channel

Parameters = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Compression(Agreement, ABC):
    """How the parameters of a network travel: written once, as both ends hold it."""

    @abstractmethod
    def exchange(self, channel: Channel, shapes: Shapes, fit: Callable[[], Parameters]) -> Parameters:
        """The parameters (sum of sizes,) as both ends have them once they are sent.

        `shapes` are those of the network's parameters, in their order. `fit` runs at Alice's end only,
        and gives what she trained; what is returned may differ from it, alike at both ends.
        """


Shapes = tuple[tuple[int, ...], ...]


def size_of(shapes: Shapes) -> int:
    """How many numbers parameters of these shapes are."""
    return sum(int(np.prod(shape)) for shape in shapes)
