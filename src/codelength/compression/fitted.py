"""A posterior over a network's parameters, fitted to labels, and its prior."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import numpy.typing as npt
import torch

from codelength.channel import Channel
from codelength.compression.compression import Shapes, split
from codelength.compression.trained import Trained, flattened
from codelength.learners.learner import Task
from codelength.training.meanfield import MeanField, divergence
from codelength.training.recipe import Recipe

_WARM_UP = 5  # the price grows over that part of the training
_DEVIATION = 0.1  # of a posterior at first, beside a fresh layer's weights

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class Posterior:
    """Gaussians for all parameters (n,) around the prior's means; `best` (tensors,) are the prior's best
    deviations, before they are rounded."""

    mean: Floats
    log_deviation: Floats
    best: Floats

    def units(self, prior: Floats) -> tuple[Floats, Floats]:
        """Means and deviations in units of the prior's deviations (n,)."""
        return self.mean / prior, np.exp(self.log_deviation) / prior

    def divergences(self, prior: Floats) -> Floats:
        """KL(beta || alpha) of each parameter (n,), in bits, for the prior's deviations (n,)."""
        mean, log = self.mean / prior, self.log_deviation - np.log(prior)
        nats = divergence(torch.from_numpy(mean), torch.from_numpy(log)).numpy()
        return np.asarray(nats / np.log(2))


class Fitted(Trained):
    """A network with a Gaussian for every parameter, fitted to all labels of a task at either end."""

    def __init__(self, network: str, recipe: Recipe | None, task: Task) -> None:
        super().__init__(network, recipe, task, "variational")
        self.size = int(self.sizes.sum())  # parameters

    def begin(self, channel: Channel) -> None:
        """What both ends know before the first label: the means of the prior."""
        warm_up, known = self.steps(1.0) // _WARM_UP, self.recipe.pretext > 0
        self._field = MeanField(self.begun(channel), len(self.task.x), warm_up, _DEVIATION, known)
        centers = [self._field.center(number) for number in range(len(self.shapes))]
        self.center = flattened(centers).astype(np.float64)  # of the prior (n,)

    def posterior(self, channel: Channel) -> Posterior:
        """Trains it."""
        theta = self.train(channel, copy.deepcopy(self._field))
        learned = [p for p in self._field.parameters() if p.requires_grad]
        shapes: Shapes = tuple(tuple(p.shape) for p in learned)
        with torch.no_grad():
            for mine, theirs in zip(learned, split(theta, shapes), strict=True):
                mine.copy_(torch.from_numpy(theirs))
            means, logs = zip(*self._field.gaussians(), strict=True)
            best = self._field.prior_deviations().double().cpu().numpy()
        mean = flattened(list(means)).astype(np.float64) - self.center
        return Posterior(mean, flattened(list(logs)).astype(np.float64), best)

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """How many parameters each tensor has."""
        return np.array([int(np.prod(shape)) for shape in self.shapes], np.int64)

    def spread(self, values: Floats) -> Floats:
        """A value for each tensor (tensors,) as one for each parameter (n,)."""
        return np.repeat(values, self.sizes)

    def means(self, values: Floats) -> Floats:
        """The mean of each tensor (tensors,) of values of its parameters (n,)."""
        parts = np.split(values, np.cumsum(self.sizes)[:-1])
        return np.array([part.mean() if len(part) else 1.0 for part in parts])
