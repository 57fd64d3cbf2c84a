"""The variational code: weights drawn from a posterior, and the bits that drew them given back.

L = KL(beta || alpha) + E_{theta ~ beta}[-sum_i log2 p_theta(y_i | x_i)]. Source: Blier and Ollivier (2018),
section 3.2; G. Hinton and D. van Camp, Keeping Neural Networks Simple by Minimizing the Description Length of
the Weights (COLT 1993).
"""

from __future__ import annotations

import dataclasses
import functools
from abc import ABC
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
import numpy.typing as npt

from codelength.agreement import Within, registered
from codelength.channel import Channel, Counter, Progress, Receiver, StackReceiver, StackSender
from codelength.codes.code import Code, labels_under
from codelength.compression import bins, nearby
from codelength.compression.adaptive import positive
from codelength.errors import InputError
from codelength.learners.learner import Frozen, Predictor
from codelength.task import Probabilities, Task
from codelength.training.recipe import Recipe

if TYPE_CHECKING:
    from codelength.compression.fitted import Fitted, Posterior

Floats = npt.NDArray[np.float64]

_SAMPLES = 8  # of the posterior, for the bound
_SPARE = 64  # auxiliary bytes that the coder wants beside those that the weights take


@dataclasses.dataclass(frozen=True)
class VariationalCode(Code, ABC):
    """A network by name with a Gaussian for every parameter: weights drawn from them, then the labels.

    With `coordinates`, one for every coordinate of a random subspace (`compression.projected`) instead: as
    many as are agreed for the kind of inputs where no number is given, which is 0, no subspace, for tables.
    With no recipe, the one agreed for the inputs' shape; `floor` is the share of the uniform distribution in
    each label's. Raises AgreementError for an unknown network, InputError when it cannot take the inputs.
    """

    network: str
    recipe: Recipe | None = None
    floor: Annotated[float, Within(1e-12, 0.5)] = 2.0**-16
    coordinates: Annotated[int | None, Within(0, 2**20)] = None

    libraries: ClassVar[frozenset[str]] = frozenset({"torch", "scipy"})

    def probe(self, task: Task) -> Probabilities:
        """Probabilities after a few steps at the smallest and the largest batch."""
        return self._model(task).rehearse()

    def begin(self, task: Task) -> None:
        self._model(task)

    def _model(self, task: Task) -> Fitted:
        from codelength.compression.fitted import Fitted

        return Fitted(self.network, self.recipe, task, self.coordinates)

    def _begun(self, channel: Channel, task: Task) -> tuple[Fitted, Callable[[], Posterior], Floats]:
        """The network, its posterior, fitted when first asked, and the prior's deviations, which travel."""
        model = self._model(task)
        channel.restore(model)
        model.begin(channel)
        posterior = functools.cache(lambda: model.posterior(channel))
        prior = model.spread(positive(channel, len(model.sizes), lambda: posterior().best))
        self._told(channel, model, posterior, prior)
        return model, posterior, prior

    def _labels(self, channel: Channel, model: Fitted) -> None:
        """The labels travel under the weights that the model holds."""
        labels_under(channel, model.task.x, model.predict, self.floor)

    def _told(
        self, channel: Channel, model: Fitted, posterior: Callable[[], Posterior], prior: Floats
    ) -> None:
        """What Alice can say of the bound, and of the divergence in each tensor."""

        def layers() -> dict[str, float]:
            parts = model.parts(posterior().divergences(prior))
            return {name: float(part.sum()) for name, part in zip(model.names, parts, strict=True)}

        channel.account.bound = channel.aside(lambda: self._bound(model, posterior(), prior, channel))
        channel.account.layers = channel.aside(layers) or {}

    def _bound(
        self, model: Fitted, posterior: Posterior, prior: Floats, channel: Channel
    ) -> tuple[float, float]:
        """KL(beta || alpha) + E_beta[-sum_i log2 p(y_i | x_i)] and its standard error, in bits.

        The first is exact, the second a mean over samples; what the channel has sent (alpha, an alphabet, a
        choice) is added.
        """
        random = np.random.Generator(np.random.PCG64((self.seed, 1)))
        data = []
        for _ in range(_SAMPLES):
            noise = np.exp(posterior.log_deviation) * random.standard_normal(len(posterior.mean))
            model.place(posterior.mean + noise)
            counter = Counter(channel.all_labels())
            self._labels(counter, model)
            data.append(counter.account.bits)
        error = np.std(data, ddof=1) / np.sqrt(_SAMPLES)
        mean = posterior.divergences(prior).sum() + channel.account.bits + np.mean(data)
        return float(mean), float(error)


@registered("bits-back")
@dataclasses.dataclass(frozen=True)
class BitsBackCode(VariationalCode):
    """The weights are drawn out of auxiliary bytes under the posterior, and sent under the prior.

    Bob, once he has the labels, fits the same posterior and puts the weights back: he ends with the auxiliary
    bytes, too. Masked by a stream of the seed, they draw as random ones do, whatever they are. Source: Hinton
    and van Camp (1993); B. Frey, Bayesian Networks for Pattern Classification, Data Compression, and Channel
    Coding (1997).
    """

    gives_back: ClassVar[bool] = True

    def converse(self, channel: Channel, task: Task) -> Predictor:
        before = channel.account.bits
        model, posterior, prior = self._begun(channel, task)
        cells = bins.prior(model.size)
        first = channel.weights(cells, lambda: bins.first_digit(*posterior().units(prior)))
        second = channel.weights(cells, lambda: bins.second_digit(*posterior().units(prior), first))
        channel.account.parameter_bits = channel.account.bits - before
        model.place(prior * bins.values(first, second))
        self._labels(channel, model)
        channel.give_back(second, lambda: bins.second_digit(*posterior().units(prior), first))
        channel.give_back(first, lambda: bins.first_digit(*posterior().units(prior)))
        channel.account.parameter_bits -= channel.account.returned_bits
        return Frozen(model.predict)

    def sender(
        self, task: Task, y: npt.NDArray[np.int64], auxiliary: bytes | None, progress: Progress | None
    ) -> StackSender:
        """Alice's end of a stack that holds the auxiliary bytes; with none given, zeros."""
        need = -(-bins.BITS * self._model(task).size // 8) + _SPARE
        if auxiliary is None:
            auxiliary = bytes(need)
        if len(auxiliary) < need:
            raise InputError(
                f"the weights may take {need} auxiliary bytes to draw, and there are {len(auxiliary)}: "
                "give as many, or a smaller network"
            )
        return StackSender(y, self.masked(auxiliary), progress)

    def masked(self, auxiliary: bytes) -> bytes:
        # what is redundant would draw weights that the posterior thinks unlikely, and be paid back too much
        stream = np.random.Generator(np.random.PCG64(self.seed)).bytes(len(auxiliary))
        pair = (np.frombuffer(data, np.uint8) for data in (auxiliary, stream))
        return np.bitwise_xor(*pair).tobytes()

    def counter(self, task: Task, y: npt.NDArray[np.int64], progress: Progress | None) -> Counter:
        return self.sender(task, y, None, progress)

    def receiver(
        self, n: int, coded: bytes, checks: bytes, returned: int, progress: Progress | None
    ) -> Receiver:
        return StackReceiver(n, coded, checks, returned, progress)


@registered("relative-entropy")
@dataclasses.dataclass(frozen=True)
class RelativeEntropyCode(VariationalCode):
    """The weights are a sample near the posterior that shared randomness lets Alice name in about KL bits.

    Nothing rides along, and Bob fits no posterior: he trains for the recipe's pretext alone, if any. Source:
    Havasi, Peharz and Hernández-Lobato (2019).
    """

    def converse(self, channel: Channel, task: Task) -> Predictor:
        before = channel.account.bits
        model, posterior, prior = self._begun(channel, task)
        densities = positive(channel, len(model.sizes), lambda: model.means(posterior().divergences(prior)))
        places = nearby.blocks(model.sizes, densities, self.seed)
        z = nearby.sent(
            channel,
            places,
            model.size,
            self.seed,
            lambda: (*posterior().units(prior), posterior().divergences(prior)),
        )
        channel.account.parameter_bits = channel.account.bits - before
        model.place(prior * z)
        self._labels(channel, model)
        return Frozen(model.predict)
