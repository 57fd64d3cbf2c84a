"""A network in a random subspace: few coordinates, each of which moves many parameters.

After S. Lotfi et al., PAC-Bayes Compression Bounds So Tight That They Can Explain Generalization (NeurIPS
2022), and, for the sparse projection, W. Chen et al., Compressing Neural Networks with the Hashing Trick
(ICML 2015). Trained for the codelength: the noise is that of the rounding to come, the price is in the loss.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np

from codelength.agreement import Within, registered
from codelength.channel import Channel
from codelength.compression.adaptive import signed
from codelength.compression.compression import Compression, Parameters, split
from codelength.entropy import Symbols, Uniform

if TYPE_CHECKING:
    from codelength.compression.trained import Trained

_STEPS = 256  # step sizes that can be agreed on
_FINE = 4  # of them for each doubling


@registered("subspace")
@dataclasses.dataclass(frozen=True)
class Subspace(Compression):
    """theta = theta_0 + P v: theta_0 and the sparse random P from the seed, v (coordinates,) is sent.

    The coordinates are shared out among the network's tensors; a tensor's have a step of their own, which is
    learned and sent. `price` weighs the coordinates' bits in the loss: 1 makes the codelength itself small.
    """

    coordinates: Annotated[int, Within(1, 2**20)] = 3000
    step: Annotated[float, Within(1e-4, 10)] = 0.3
    price: Annotated[float, Within(0, 100)] = 1.0
    even: Annotated[float, Within(0, 1)] = 0.5

    use: ClassVar[str] = "priced"

    def exchange(self, channel: Channel, model: Trained) -> Parameters:
        from codelength.compression.subspaced import Subspaced

        if not model.shapes:
            return np.zeros(0, np.float32)
        module = Subspaced(model.fresh(), self, len(model.task.x), model.task.seed)

        @functools.cache
        def fit() -> tuple[Symbols, list[Symbols]]:
            """The steps' indices, and each tensor's coordinates in steps."""
            steps, _, *v = split(model.train(channel, copy.deepcopy(module)), module.shapes)
            indices = np.clip(np.rint(steps * _FINE), -_STEPS // 2, _STEPS // 2 - 1).astype(np.int64)
            sizes = 2.0 ** (indices / _FINE)
            whole = [np.rint(each / size).astype(np.int64) for each, size in zip(v, sizes, strict=True)]
            return indices + _STEPS // 2, whole

        steps = channel.integers(Uniform(_STEPS, len(module.counts)), lambda: fit()[0]) - _STEPS // 2
        v = [
            signed(channel, count, functools.partial(lambda tensor: fit()[1][tensor], number))
            for number, count in enumerate(module.counts)
        ]
        return module.parameters_at(
            [whole * 2.0 ** (step / _FINE) for whole, step in zip(v, steps, strict=True)]
        )
