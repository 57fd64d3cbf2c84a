"""A course of training on a fixed past, from scratch to a step of nothing."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch

from codelength.checkpoint import State, nested, part
from codelength.training.member import Member
from codelength.training.recipe import Recipe

_SLICE = 2048  # examples trained on between two points at which a run can be kept


class Course:
    """The plan of a training on the first `count` labels: so many steps, each a function of its number alone.

    The step size falls linearly from the share `first` of the recipe's first one to nothing.
    """

    def __init__(self, recipe: Recipe, count: int, first: float = 1.0) -> None:
        self.count = count
        self.first = first
        self.batch = recipe.batch_at(count)
        self.steps = math.ceil(recipe.passes_at(count) * count / self.batch)
        self.examples = self.steps * self.batch

    def slice(self, taken: int) -> range:
        """The next few steps after those taken."""
        return range(taken, min(taken + max(1, _SLICE // self.batch), self.steps))

    def scale(self, step: int) -> float:
        """The step size of a step, over the recipe's first one."""
        return self.first * (1 - step / self.steps)

    def rows(self, seed: int, step: int) -> npt.NDArray[np.int64]:
        """Rows of a step's batch, out of one permutation of the past after another."""
        epochs, places = np.divmod(np.arange(step * self.batch, (step + 1) * self.batch), self.count)
        rows = np.empty(self.batch, np.int64)
        for epoch in np.unique(epochs):
            random = np.random.Generator(np.random.PCG64((seed, self.count, self.steps + epoch)))
            here = epochs == epoch
            rows[here] = random.permutation(self.count)[places[here]]
        return rows


class Training:
    """A course under way: a member, the labels (n,) of all rows, and how far it has come."""

    def __init__(self, member: Member, course: Course, labels: npt.NDArray[np.int64]) -> None:
        self.member = member
        self._course = course
        self._labels = labels
        self._taken = 0

    def learn_on(self) -> bool:
        """Takes the next few steps; False when there are none."""
        steps = self._course.slice(self._taken)
        if not steps:
            return False
        for step in steps:
            self._take(step)
        self._taken = steps.stop
        return True

    def _take(self, step: int) -> None:
        course, seed = self._course, self.member.seed
        random = np.random.Generator(np.random.PCG64((seed, course.count, step)))
        variations = torch.Generator().manual_seed(int(random.integers(2**63)))
        self.member.step(course.rows(seed, step), self._labels, course.scale(step), variations)

    def work(self) -> tuple[float, float]:
        """How many examples it has trained on, and how many it will have."""
        return self._taken * self._course.batch, self._course.examples

    def state(self) -> State:
        """The trainer's state, and the steps taken."""
        return {"taken": np.array(self._taken)} | nested("trainer", self.member.trainer.state())

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        self._taken = int(state["taken"])
        self.member.trainer.restore(part("trainer", state))
