"""Calibration forward: a learner's confidence, corrected by how it did on labels already sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from codelength.agreement import Within, registered
from codelength.checkpoint import Restorable, State, nested, part, state_of
from codelength.learners.learner import Learner, Predictor, learn_on, work
from codelength.task import Inputs, Labels, Probabilities, Task

Floats = npt.NDArray[np.float64]

#: T: from votes that are far too modest (forests) to products of features (naive Bayes)
TEMPERATURES: Floats = 2.0 ** np.linspace(-4, 4, 33)
#: w: how much goes to the uniform distribution, from a network at 99.99% to a neighbour that guesses
DOUBTS: Floats = 10.0 ** np.linspace(-6, -0.5, 12)
#: what stands for a probability of zero
TINY = 1e-12


@registered("calibrated")
@dataclass(frozen=True)
class Calibrated(Learner):
    """A learner whose probabilities are tempered and mixed with the uniform distribution.

    The inner learner's p becomes, for each temperature T and doubt w of a grid,

        q(k) = (1 - w) p(k)^(1/T) / sum_j p(j)^(1/T) + w / K

    and the q are averaged by how well each would have predicted the labels already sent, under a prior
    in which log T is standard normal and all w are alike. The i-th of n labels (i where its block ends)
    counts with weight (i / n)^forget, for a learner's confidence changes as it learns; 0 is Bayes' rule,
    which forgets nothing. A p below 10^-12 is taken for that.

    Source: forward calibration is that of Bornschein, Li and Hutter, Sequential Learning of Neural
    Networks for Prequential MDL, ICLR 2023, section 3; temperature scaling that of Guo et al., On
    Calibration of Modern Neural Networks, ICML 2017. The average over a grid in place of a fitted
    T cannot fail to converge and costs a few bits at most.
    """

    learner: Learner
    forget: Annotated[float, Within(0.0, 64.0)] = 2.0

    @property
    def libraries(self) -> frozenset[str]:
        # exp and log differ in the last bit between versions and instruction sets
        return self.learner.libraries | {"numpy"}

    @property
    def light(self) -> bool:
        return self.learner.light

    def begin(self, task: Task) -> CalibratedPredictor:
        """The inner learner's beginning, with no opinion yet on its confidence."""
        return CalibratedPredictor(self.learner.begin(task), Calibration(task.classes, self.forget))

    def schedule(self, n: int, classes: int) -> Iterator[int]:
        """The inner learner's."""
        return self.learner.schedule(n, classes)

    def probe(self, task: Task) -> Probabilities:
        """The inner learner's probe, calibrated on made-up labels."""
        p = self.learner.probe(task)
        calibration = Calibration(task.classes, self.forget)
        calibration.update(p, np.arange(len(p), dtype=np.int64) % task.classes)
        return calibration.apply(p)


class CalibratedPredictor:
    """A predictor and the calibration that follows it."""

    def __init__(self, inner: Predictor, calibration: Calibration) -> None:
        self._inner = inner
        self._calibration = calibration
        self._last: tuple[Inputs, Probabilities] | None = None

    def predict(self, x: Inputs) -> Probabilities:
        """Calibrated probabilities (m, K) for inputs (m, ...)."""
        p = self._inner.predict(x)
        self._last = (x, p)
        return self._calibration.apply(p)

    def update(self, x: Inputs, y: Labels) -> None:
        """Scores what was predicted for these inputs, then lets the inner predictor learn them."""
        # what came last may have been other inputs, of a test set say: then they are predicted anew
        known = self._last is not None and np.array_equal(self._last[0], x)
        p = self._last[1] if self._last is not None and known else self._inner.predict(x)
        self._calibration.update(p, y)
        self._last = None
        self._inner.update(x, y)

    def learn_on(self) -> bool:
        """The inner predictor's."""
        return learn_on(self._inner)

    def work(self) -> tuple[float, float]:
        """The inner predictor's."""
        return work(self._inner)

    def state(self) -> State | None:
        """Both parts' states, if the inner predictor has one."""
        inner = state_of(self._inner)
        return (
            None
            if inner is None
            else nested("inner", inner) | nested("calibration", self._calibration.state())
        )

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        assert isinstance(self._inner, Restorable)
        self._inner.restore(part("inner", state))
        self._calibration.restore(part("calibration", state))


class Calibration:
    """A weighted average over temperatures and doubts, learned from predictions and their labels."""

    def __init__(self, classes: int, forget: float) -> None:
        self._classes = classes
        self._forget = forget
        self._n = 0
        # a prior that holds p for about right: log T is normal around 0, all doubts are alike
        self._prior = np.tile(-(np.log(TEMPERATURES)[:, None] ** 2) / 2, (1, len(DOUBTS)))
        self._losses = np.zeros_like(self._prior)  # (T, w), in nats

    def weights(self) -> Floats:
        """The weights (temperatures, doubts) of the average; they add up to one."""
        scores = self._prior - self._losses
        weights: Floats = np.exp(scores - scores.max())
        weights /= weights.sum()
        return weights

    def apply(self, p: Probabilities) -> Probabilities:
        """Probabilities (m, K), calibrated: no zeros, rows that add up to one."""
        weights = self.weights()
        log_p = _logarithms(p)
        averaged = np.full(log_p.shape, (weights * DOUBTS).sum() / self._classes)
        by_temperature = (weights * (1 - DOUBTS)).sum(axis=1)
        for weight, temperature in zip(by_temperature, TEMPERATURES, strict=True):
            powers = np.exp(log_p / temperature)
            averaged += powers * (weight / powers.sum(axis=0))
        return np.ascontiguousarray(averaged.T)

    def update(self, p: Probabilities, y: Labels) -> None:
        """Adds the losses of the labels (m,) that came where p (m, K) was predicted."""
        log_p = _logarithms(p)
        losses = np.empty_like(self._losses)
        for row, temperature in enumerate(TEMPERATURES):
            powers = np.exp(log_p / temperature)
            of_label = powers[y, np.arange(len(y))] / powers.sum(axis=0)
            mixed = np.outer(1 - DOUBTS, of_label) + DOUBTS[:, None] / self._classes
            losses[row] = -np.log(mixed).sum(axis=1)
        if self._n:
            self._losses *= (self._n / (self._n + len(y))) ** self._forget
        self._losses += losses
        self._n += len(y)

    def state(self) -> State:
        """What has been learned of the inner learner's confidence."""
        return {"losses": self._losses, "n": np.array(self._n)}

    def restore(self, state: State) -> None:
        self._losses, self._n = state["losses"].astype(np.float64), int(state["n"])


def _logarithms(p: Probabilities) -> Floats:
    """log p less its greatest in each row, so that powers stay finite; (K, m), for the sums' speed."""
    log_p: Floats = np.log(np.maximum(p.T, TINY, order="C"))
    log_p -= log_p.max(axis=0)
    return log_p
