"""Learners that are exact everywhere and quick, for tests of what surrounds them."""

import dataclasses

import numpy as np

from codelength.agreement import registered
from codelength.learners.learner import Learner


@registered("test:nearest")
@dataclasses.dataclass(frozen=True)
class Nearest(Learner):
    """Counts labels by the first feature's value, in small integers: integer-exact, and it does learn."""

    block: int = 4

    def begin(self, task):
        return Tally(task.classes)

    def schedule(self, n, classes):
        yield from range(self.block, n, self.block)
        if n:
            yield n


class Tally:
    def __init__(self, classes):
        self.counts = np.ones((8, classes))

    def predict(self, x):
        rows = self.counts[self._keys(x)]
        return rows / rows.sum(axis=1, keepdims=True)

    def update(self, x, y):
        np.add.at(self.counts, (self._keys(x), y), 1)

    @staticmethod
    def _keys(x):
        return np.abs(x.reshape(len(x), -1)[:, 0]).astype(np.int64) % 8


def sample(n, classes=3, seed=0):
    """Inputs (n, 2) of small integers, and labels that follow the first feature with some noise."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 8, (n, 2))
    y = np.where(rng.random(n) < 0.9, x[:, 0] % classes, rng.integers(0, classes, n))
    return x, y
