"""A course of training on a fixed past, from scratch to a step of nothing."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch

from codelength.training.recipe import Recipe
from codelength.training.student import Student

_SLICE = 2048  # examples trained on between two points at which a run can be kept


class Course:
    """A training on the first `count` labels: so many steps, each a function of its number alone."""

    def __init__(self, recipe: Recipe, count: int) -> None:
        self.count = count
        self.batch = recipe.batch_at(count)
        self.steps = math.ceil(recipe.passes_at(count) * count / self.batch)

    def slice(self, taken: int) -> range:
        """The next few steps after those taken."""
        return range(taken, min(taken + max(1, _SLICE // self.batch), self.steps))

    def train(self, student: Student, labels: npt.NDArray[np.int64], steps: range) -> None:
        """Takes steps of the training; the step size falls linearly to nothing."""
        for step in steps:
            random = np.random.Generator(np.random.PCG64((student.seed, self.count, step)))
            variations = torch.Generator().manual_seed(int(random.integers(2**63)))
            student.step(self._rows(student.seed, step), labels, 1 - step / self.steps, variations)

    def _rows(self, seed: int, step: int) -> npt.NDArray[np.int64]:
        """Rows of a batch, out of one permutation of the past after another."""
        epochs, places = np.divmod(np.arange(step * self.batch, (step + 1) * self.batch), self.count)
        rows = np.empty(self.batch, np.int64)
        for epoch in np.unique(epochs):
            random = np.random.Generator(np.random.PCG64((seed, self.count, self.steps + epoch)))
            here = epochs == epoch
            rows[here] = random.permutation(self.count)[places[here]]
        return rows
