"""The networks of a recipe, side by side: each with a thread of its own."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from codelength.numerics import Numerics
from codelength.order import Rows
from codelength.training.inputs import Normalizer
from codelength.training.recipe import Recipe
from codelength.training.student import Floats, Student, built

_PROBED = 32

M = typing.TypeVar("M")
T = typing.TypeVar("T")


class Students:
    """As many networks as the recipe says, alike but for their seeds: 1,000 times `seed` and on.

    Each has its share of the agreed threads: for small networks that is faster than all threads on
    one network after the other. Raises what `built` raises.
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
            Student(built(network, x, classes, normalize, each), recipe, x, normalize, numerics, each)
            for each in seeds
        ]
        self._pool = ThreadPoolExecutor(max(1, min(len(self.members), numerics.threads)))
        self._threads = max(1, numerics.threads // len(self.members))  # of each network

    def each(self, do: Callable[[M], T], members: Iterable[M]) -> list[T]:
        """What `do` returns for each of `members`, one a network."""

        if len(self.members) == 1:  # memory that the calling thread lets go of is kept for its next step
            return [do(member) for member in members]

        def done(member: M) -> T:
            # A thread takes the count over from whoever set one last, when it first asks for it: only
            # then does a count of its own hold. Another count would be other floats.
            torch.get_num_threads()
            torch.set_num_threads(self._threads)
            return do(member)

        outside = torch.get_num_threads()
        try:
            return list(self._pool.map(done, members))
        finally:
            torch.set_num_threads(outside)

    def predict(self, x: npt.NDArray[Any]) -> Floats:
        """Probabilities (m, classes), the mean over the networks."""
        if not len(x):
            return np.zeros((0, self._classes))
        mean = np.mean(self.each(lambda student: student.predict(x), self.members), axis=0)
        return typing.cast(Floats, mean / mean.sum(axis=1, keepdims=True))

    def rehearse(self, steps: int) -> Floats:
        """What they predict after a few steps at the smallest and the largest batch with made-up labels."""
        rows = len(self._x)
        if not rows:
            return self.predict(self._x[:0])
        labels = np.arange(rows) % self._classes
        sizes = (self._recipe.smallest_batch, self._recipe.batch_at(rows))
        batches = [np.arange(start, start + size) % rows for start in range(steps) for size in sizes]

        def study(student: Student) -> None:
            variations = torch.Generator().manual_seed(student.seed)
            for batch in batches:
                student.step(batch, labels, self._recipe.step_scale_at(rows), variations)

        self.each(study, self.members)
        return self.predict(self._x[:_PROBED])
