"""The networks of a recipe, side by side: each with a thread of its own."""

from __future__ import annotations

import typing
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from codelength.numerics import Numerics
from codelength.order import Rows
from codelength.training.inputs import Normalizer
from codelength.training.member import Floats, Member, built
from codelength.training.recipe import Recipe
from codelength.workers import Workers

_PROBE_STEPS = 2  # at each size of a batch
_PROBED = 32


class Ensemble:
    """As many networks as the recipe says, alike but for their seeds: 1,000 times `seed` and on.

    Raises what `built` raises.
    """

    def __init__(
        self,
        network: str,
        recipe: Recipe,
        x: Rows,
        classes: int,
        normalize: Normalizer,
        numerics: Numerics,
        seed: int,
    ) -> None:
        self._recipe = recipe
        self._x = x
        self._classes = classes
        seeds = range(1000 * seed, 1000 * seed + recipe.networks)
        self.members = [
            Member(built(network, x, classes, normalize, each), recipe, x, normalize, numerics, each)
            for each in seeds
        ]
        workers = Workers(len(self.members), numerics.threads)
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
