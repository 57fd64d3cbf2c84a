"""The networks of a recipe, side by side: each with a thread of its own."""

from __future__ import annotations

import typing
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from codelength.task import Task
from codelength.training.inputs import Normalizer
from codelength.training.member import Floats, Member, built
from codelength.training.recipe import Recipe, preset
from codelength.workers import Workers

_PROBE_STEPS = 2  # at each size of a batch
_PROBED = 32


def rehearsed(network: str, recipe: Recipe | None, use: str, task: Task) -> Floats:
    """The probe of whoever trains networks on a task: see `Ensemble.rehearse`."""
    normalize = Normalizer(task.x)
    return Ensemble(network, recipe or preset(normalize.shape, use), task, normalize).rehearse()


class Ensemble:
    """As many networks as the recipe says, alike but for their seeds: 1,000 times the task's and on.

    Raises what `built` raises.
    """

    def __init__(self, network: str, recipe: Recipe, task: Task, normalize: Normalizer) -> None:
        self._recipe = recipe
        self._x = task.x
        self._classes = task.classes

        def member(seed: int) -> Member:
            module = built(network, task.x, task.classes, normalize, seed)
            return Member(module, recipe, task.x, normalize, task.numerics, seed)

        first = 1000 * task.seed
        self.members = [member(seed) for seed in range(first, first + recipe.networks)]
        workers = Workers(len(self.members), task.numerics.threads)
        self.each = workers.each  # of things that each network has one of

    @property
    def seed(self) -> int:
        """That of the first of them."""
        return self.members[0].seed

    def start_from(self, member: Member) -> None:
        """All of them take over what another network has learned, but for the last layer."""
        for each in self.members:
            each.start_from(member)

    def predict(self, x: npt.NDArray[Any]) -> Floats:
        """Probabilities (m, classes), the mean over the networks."""
        if not len(x):
            return np.zeros((0, self._classes))
        mean = np.mean(self.each(lambda member: member.predict(x), self.members), axis=0)
        return typing.cast(Floats, mean / mean.sum(axis=1, keepdims=True))

    def rehearse(self) -> Floats:
        """What they predict after a few steps at the smallest and the largest batch with made-up labels."""
        rows = len(self._x)
        if not rows:
            return self.predict(self._x[:0])
        labels = np.arange(rows) % self._classes
        sizes = (self._recipe.smallest_batch, self._recipe.batch_at(rows))
        batches = [np.arange(start, start + size) % rows for start in range(_PROBE_STEPS) for size in sizes]

        def study(member: Member) -> None:
            variations = torch.Generator().manual_seed(member.seed)
            for batch in batches:
                member.step(batch, labels, self._recipe.step_scale_at(rows), variations)

        self.each(study, self.members)
        return self.predict(self._x[:_PROBED])
