"""The labels without their inputs: how often each class has come so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from codelength.agreement import registered
from codelength.checkpoint import State
from codelength.learners.learner import Inputs, Labels, Learner, Probabilities, Task


class Counts:
    """A predictor that counts: p(k) = (n_k + 1/2) / (n + K/2), whatever the inputs."""

    def __init__(self, classes: int) -> None:
        self.seen = np.zeros(classes, dtype=np.int64)  # n_k

    def estimate(self) -> Probabilities:
        """The probabilities (K,) of the next label."""
        total = self.seen.sum() + len(self.seen) / 2
        estimate: Probabilities = (self.seen + 0.5) / total
        return estimate

    def predict(self, x: Inputs) -> Probabilities:
        """The same row of probabilities for each of the inputs (m, ...)."""
        return np.tile(self.estimate(), (len(x), 1))

    def update(self, x: Inputs, y: Labels) -> None:
        """Counts the labels (m,)."""
        self.seen += np.bincount(y, minlength=len(self.seen))

    def state(self) -> State:
        return {"seen": self.seen}

    def restore(self, state: State) -> None:
        self.seen = state["seen"].astype(np.int64)


@registered("frequency")
@dataclass(frozen=True)
class Frequency(Learner):
    """The Krichevsky-Trofimov estimator: the labels' own frequencies, learned as they come.

    Its regret against the best fixed frequencies is (K - 1)/2 log2 n + O(K) bits. Whatever a model
    saves below it, the inputs have explained.

    Source: R. Krichevsky and V. Trofimov, The Performance of Universal Encoding, IEEE Transactions
    on Information Theory 27(2), 1981.
    """

    def begin(self, task: Task) -> Counts:
        """Counters at zero: the first label costs log2 K bits."""
        return Counts(task.classes)

    def schedule(self, n: int, classes: int) -> Iterator[int]:
        """One label a block at first, then blocks of 1/(32 K) of what has been sent.

        A block of b labels after t others costs (K - 1)/2 (b/t - ln(1 + b/t)) / ln 2 bits more than
        b blocks of one, so all of them cost about (K - 1)/(128 K ln 2) ln(n / 32K): under 0.1 bits.
        """
        end = 0
        while end < n:
            end = min(end + 1 + end // (32 * classes), n)
            yield end
