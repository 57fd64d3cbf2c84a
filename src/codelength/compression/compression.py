"""What every compression of a network is: an agreement on how its parameters travel."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from codelength.agreement import Agreement
from codelength.channel import Channel

if TYPE_CHECKING:
    from codelength.compression.trained import Trained

Scalar = TypeVar("Scalar", bound=np.generic)
Parameters = npt.NDArray[np.float32]
Shapes = tuple[tuple[int, ...], ...]


@dataclasses.dataclass(frozen=True)
class Compression(Agreement, ABC):
    """How the parameters of a network are trained at Alice's end, and how they travel."""

    #: which of the agreed recipes its networks are trained by, if none is given: see `training.recipe`
    use: ClassVar[str] = "sent"

    @abstractmethod
    def exchange(self, channel: Channel, model: Trained) -> Parameters:
        """The parameters (sum of sizes,) as both ends have them once they are sent.

        The conversation is written once, as both ends hold it. What is trained, with `model.train`, is
        trained at Alice's end only, within what she alone produces.
        """


def size_of(shapes: Shapes) -> int:
    """How many numbers parameters of these shapes are."""
    return sum(int(np.prod(shape)) for shape in shapes)


def split(theta: npt.NDArray[Scalar], shapes: Shapes) -> list[npt.NDArray[Scalar]]:
    """Parameters that stand one after the other, or anything there is one of for each, by these shapes."""
    if not shapes:
        return []
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return [each.reshape(shape) for each, shape in zip(np.split(theta, ends[:-1]), shapes, strict=True)]
