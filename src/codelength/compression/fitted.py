"""A posterior over a network's parameters, or its coordinates in a subspace, fitted to labels; its prior."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import numpy.typing as npt
import torch

from codelength.channel import Channel
from codelength.compression.compression import split
from codelength.compression.projected import Projected, shared_out
from codelength.compression.trained import Trained, fill, flattened
from codelength.task import Task
from codelength.training.meanfield import MeanField, divergence
from codelength.training.recipe import Recipe

_WARM_UP = 5  # the price grows over that part of the training
_DEVIATION = 0.1  # of a posterior at first, beside a fresh layer's weights
_OF_COORDINATES = 1.0  # the same, for coordinates: a tenth of what moves a weight as far
_COORDINATES = (0, 6000, 15_000)  # for tables, grey pictures and photographs; 0: no subspace

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class Posterior:
    """Gaussians for all variables (n,) around the prior's means; `best` (tensors,) are the prior's best
    deviations, before they are rounded."""

    mean: Floats
    log_deviation: Floats
    best: Floats

    def units(self, prior: Floats) -> tuple[Floats, Floats]:
        """Means and deviations in units of the prior's deviations (n,)."""
        return self.mean / prior, np.exp(self.log_deviation) / prior

    def divergences(self, prior: Floats) -> Floats:
        """KL(beta || alpha) of each variable (n,), in bits, for the prior's deviations (n,)."""
        mean, log = self.mean / prior, self.log_deviation - np.log(prior)
        nats = divergence(torch.from_numpy(mean), torch.from_numpy(log)).numpy()
        return np.asarray(nats / np.log(2))


class Fitted(Trained):
    """A network with Gaussians for its variables, fitted to all labels of a task at either end.

    The variables are its parameters, or its coordinates in a random subspace: so many of them as are agreed
    for the kind of inputs where `coordinates` is None, 0 for no subspace.
    """

    def __init__(self, network: str, recipe: Recipe | None, task: Task, coordinates: int | None) -> None:
        super().__init__(network, recipe, task, "variational")
        coordinates = _COORDINATES[self.kind] if coordinates is None else coordinates
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        self._in_subspace = coordinates > 0 and len(sizes) > 0
        #: how many variables each tensor has (tensors,)
        self.sizes = np.array(shared_out(coordinates, sizes) if self._in_subspace else sizes, np.int64)
        self.size = int(self.sizes.sum())

    def begin(self, channel: Channel) -> None:
        """What both ends know before the first label: the network, and the means of the prior."""
        warm_up, known = self.steps(1.0) // _WARM_UP, self.recipe.pretext > 0
        network, deviation = self.begun(channel), _DEVIATION
        if self._in_subspace:
            network, deviation = Projected(network, self.sizes.tolist(), self.task.seed), _OF_COORDINATES
            self._projected = copy.deepcopy(network)
        self._field = MeanField(network, len(self.task.x), warm_up, deviation, known)
        centers = [self._field.center(number) for number in range(len(self.sizes))]
        self.center = flattened(centers).astype(np.float64)  # of the prior (n,)

    def posterior(self, channel: Channel) -> Posterior:
        """Trains it, if there is anything to train."""
        if not self.size:
            return Posterior(*np.zeros((3, 0)))
        theta = self.train(channel, copy.deepcopy(self._field))
        fill([p for p in self._field.parameters() if p.requires_grad], theta)
        with torch.no_grad():
            means, logs = zip(*self._field.gaussians(), strict=True)
            best = self._field.prior_deviations().double().cpu().numpy()
        mean = flattened(list(means)).astype(np.float64) - self.center
        return Posterior(mean, flattened(list(logs)).astype(np.float64), best)

    def place(self, values: Floats) -> None:
        """Takes values (n,) of the variables, around the prior's means."""
        values = self.center + values
        self.load(self._projected.parameters_at(values) if self._in_subspace else values.astype(np.float32))

    def spread(self, values: Floats) -> Floats:
        """A value for each tensor (tensors,) as one for each variable (n,)."""
        return np.repeat(values, self.sizes)

    def means(self, values: Floats) -> Floats:
        """The mean of each tensor (tensors,) of values of its variables (n,)."""
        return np.array([part.mean() if len(part) else 1.0 for part in self.parts(values)])

    def parts(self, values: Floats) -> list[Floats]:
        """Values of the variables (n,), tensor by tensor."""
        return split(values, tuple((size,) for size in self.sizes))
