"""The labels without their inputs: how often each class has come so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from codelength.agreement import registered
from codelength.checkpoint import State
from codelength.entropy import KrichevskyTrofimov
from codelength.learners.learner import Learner
from codelength.learners.past import growing
from codelength.task import Inputs, Labels, Probabilities, Task


class Counting:
    """A predictor that counts labels, whatever the inputs."""

    def __init__(self, classes: int) -> None:
        self._labels = KrichevskyTrofimov(classes)

    def predict(self, x: Inputs) -> Probabilities:
        """The same row of probabilities for each of the inputs (m, ...)."""
        return np.tile(self._labels.p(), (len(x), 1))

    def update(self, x: Inputs, y: Labels) -> None:
        """Counts the labels (m,)."""
        self._labels.learn(y)

    def state(self) -> State:
        return {"seen": self._labels.seen}

    def restore(self, state: State) -> None:
        self._labels.seen = state["seen"].astype(np.int64)


@registered("frequency")
@dataclass(frozen=True)
class Frequency(Learner):
    """The Krichevsky-Trofimov estimator: the labels' own frequencies, learned as they come.

    Its regret against the best fixed frequencies is (K - 1)/2 log2 n + O(K) bits. Whatever a model
    saves below it, and below the uniform code, the inputs have explained. Source: that of
    `entropy.KrichevskyTrofimov`.
    """

    def begin(self, task: Task) -> Counting:
        """Counters at zero: the first label costs log2 K bits."""
        return Counting(task.classes)

    def schedule(self, n: int, classes: int) -> Iterator[int]:
        """One label a block at first, then blocks of 1/(32 K) of what has been sent.

        A block of b labels after t others costs (K - 1)/2 (b/t - ln(1 + b/t)) / ln 2 bits more than
        b blocks of one, so all of them cost about (K - 1)/(128 K ln 2) ln(n / 32K): under 0.1 bits.
        """
        return growing(n, 1, lambda end: 1 + end // (32 * classes))
