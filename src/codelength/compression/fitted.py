"""A posterior over a network's parameters, fitted to labels, and its prior."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import torch

from codelength.channel import Channel
from codelength.compression.compression import Shapes, split
from codelength.compression.trained import Trained, flattened
from codelength.entropy import Symbols
from codelength.learners.learner import Task
from codelength.training.meanfield import MeanField
from codelength.training.recipe import Recipe

SCALES = 256  # deviations of a prior that can be agreed on
_FINE = 16  # of them for each doubling
_DEVIATION = 0.1  # of a posterior at first, beside a fresh layer's weights

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class Posterior:
    """Gaussians for all parameters (n,), around the prior's means, and the prior's deviations.

    `scales` (tensors,) are the indices that are sent of them, `prior` (n,) the deviations themselves.
    """

    mean: Floats
    deviation: Floats
    scales: Symbols
    prior: Floats

    @property
    def units(self) -> tuple[Floats, Floats]:
        """Means and deviations in units of the prior's."""
        return self.mean / self.prior, self.deviation / self.prior

    @property
    def divergences(self) -> Floats:
        """KL(beta || alpha) of each parameter (n,), in bits."""
        mean, deviation = self.units
        nats = 0.5 * (deviation**2 + mean**2 - 1) - np.log(deviation)
        return np.asarray(nats / np.log(2))


class Fitted(Trained):
    """A network with a Gaussian for every parameter, fitted to all labels of a task at either end."""

    scales = SCALES

    def __init__(self, network: str, recipe: Recipe | None, task: Task) -> None:
        super().__init__(network, recipe, task, "variational")
        self._field = self._fresh_field()
        centers = [self._field.center(number) for number in range(len(self.shapes))]
        self.center = flattened(centers).astype(np.float64)  # of the prior (n,)

    def posterior(self, channel: Channel) -> Posterior:
        """Trains it."""
        theta = self.train(channel, self._fresh_field())
        learned = [p for p in self._field.parameters() if p.requires_grad]
        shapes: Shapes = tuple(tuple(p.shape) for p in learned)
        with torch.no_grad():
            for mine, theirs in zip(learned, split(theta, shapes), strict=True):
                mine.copy_(torch.from_numpy(theirs))
            means, logs = zip(*self._field.gaussians(), strict=True)
            best = self._field.prior_deviations().double().cpu().numpy()
        scales = _index(best)
        mean = flattened(list(means)).astype(np.float64) - self.center
        deviation = np.exp(flattened(list(logs)).astype(np.float64))
        return Posterior(mean, deviation, scales, self.deviations(scales))

    @property
    def sizes(self) -> Symbols:
        """How many parameters each tensor has."""
        return np.array([int(np.prod(shape)) for shape in self.shapes], np.int64)

    def deviations(self, scales: Symbols) -> Floats:
        """The prior's deviation of each parameter (n,), from the indices (tensors,) that were sent."""
        return np.repeat(2.0 ** ((scales - SCALES // 2) / _FINE), self.sizes)

    def densities(self, posterior: Posterior) -> Symbols:
        """Bits of divergence a parameter in each tensor (tensors,), as indices on a logarithmic scale."""
        ends = np.cumsum(self.sizes)[:-1]
        means = [part.mean() if len(part) else 1.0 for part in np.split(posterior.divergences, ends)]
        return _index(np.array(means))

    def bits_each(self, densities: Symbols) -> Floats:
        """The inverse of `densities`, but for rounding."""
        return np.asarray(2.0 ** ((densities - SCALES // 2) / _FINE))

    def _fresh_field(self) -> MeanField:
        steps = self.steps(1.0)
        return MeanField(self.fresh(), len(self.task.x), steps // 5, _DEVIATION)


def _index(values: Floats) -> Symbols:
    """Positive numbers on a logarithmic scale, as indices that can be sent."""
    whole = np.rint(np.log2(np.maximum(values, 1e-30)) * _FINE) + SCALES // 2
    return np.asarray(np.clip(whole, 0, SCALES - 1), np.int64)
