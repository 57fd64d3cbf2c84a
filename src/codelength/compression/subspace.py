"""A network in a random subspace, sent as few coordinates, each of which moves many parameters.

Trained for the codelength: the noise is that of the rounding to come, the price is in the loss.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np

from codelength.agreement import Within, registered
from codelength.channel import Channel
from codelength.compression.adaptive import positive, signed
from codelength.compression.compression import Compression, Parameters, split
from codelength.entropy import Symbols

if TYPE_CHECKING:
    from codelength.compression.trained import Trained


_COORDINATES = (3000, 3000, 10_000)  # for tables, grey pictures and photographs


@registered("subspace")
@dataclasses.dataclass(frozen=True)
class Subspace(Compression):
    """theta = theta_0 + P v: theta_0 and the sparse random P from the seed, v (coordinates,) is sent.

    theta_0 is what the network knows before the first label; see `Recipe.pretext`. The coordinates, with no
    number given as many as agreed for the kind of inputs, are shared out among the network's tensors by
    their sizes to the power `even`. A tensor's have a step of their own, which starts at `step`, is learned
    and sent. `price` weighs the coordinates' bits in the loss: 1 makes the codelength itself small.
    """

    coordinates: Annotated[int | None, Within(1, 2**20)] = None
    step: Annotated[float, Within(1e-4, 10)] = 0.3
    price: Annotated[float, Within(0, 100)] = 1.0
    even: Annotated[float, Within(0, 1)] = 0.5

    use: ClassVar[str] = "priced"

    def exchange(self, channel: Channel, model: Trained) -> Parameters:
        from codelength.compression.subspaced import Subspaced

        if not model.shapes:
            return np.zeros(0, np.float32)
        agreed = dataclasses.replace(self, coordinates=self.coordinates or _COORDINATES[model.kind])
        module = Subspaced(model.begun(channel), agreed, len(model.task.x), model.task.seed)

        fit = functools.cache(lambda: split(model.train(channel, copy.deepcopy(module)), module.shapes))
        # what is trained: the coordinates of each tensor, the steps' logarithms, the price's scales
        steps = positive(channel, len(module.counts), lambda: np.exp2(fit()[-2].astype(np.float64)))

        def whole(tensor: int) -> Symbols:
            return np.asarray(np.rint(fit()[tensor] / steps[tensor]), np.int64)

        v = [
            step * signed(channel, count, functools.partial(whole, tensor))
            for tensor, (count, step) in enumerate(zip(module.counts, steps, strict=True))
        ]
        return module.parameters_at(np.concatenate(v))
