"""The contract of a learner: whatever predicts labels and learns from them."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from codelength.agreement import Agreement
from codelength.task import Inputs, Labels, Probabilities, Task

PROBE_CELLS = 2**18  # probabilities in a probe, so that many classes cannot make it long


class Predictor(Protocol):
    """A learner at work on one task."""

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, classes) for inputs (m, ...): float64, rows that add up to one."""

    def update(self, x: Inputs, y: Labels) -> None:
        """Learns the labels (m,) of the next inputs (m, ...) of the task, in the order of visiting."""


@dataclasses.dataclass(frozen=True)
class Frozen:
    """A predictor that has learned all it ever will."""

    predict: Callable[[Inputs], Probabilities]

    def update(self, x: Inputs, y: Labels) -> None:
        """Nothing to learn."""


@runtime_checkable
class Gradual(Protocol):
    """A predictor whose learning takes long: it can be done in slices, and tells how far it has come."""

    def learn_on(self) -> bool:
        """One more slice of what the last `update` left to do; False when nothing was left."""

    def work(self) -> tuple[float, float]:
        """How many examples its networks have trained on, and how many they will have in the whole task."""


@runtime_checkable
class Mixed(Protocol):
    """A predictor made of several."""

    def shares(self) -> dict[str, float]:
        """How much of the next prediction each of them makes, by name."""

    def alone(self) -> dict[str, float]:
        """What each of them would have taken for the labels so far, in bits, by name."""


@dataclasses.dataclass(frozen=True)
class Learner(Agreement, ABC):
    """An agreed way of learning: immutable, named, with its numbers as fields."""

    advice: ClassVar[str] = "wrap a classifier in Refit(classifier)"

    @property
    def libraries(self) -> frozenset[str]:
        """What the probabilities depend on: "scikit-learn", "torch"; integer-exact learners name nothing."""
        return frozenset()

    @property
    def light(self) -> bool:
        """Whether it works so little that a thread of its own would idle while others train."""
        return "torch" not in self.libraries

    @abstractmethod
    def begin(self, task: Task) -> Predictor:
        """A fresh predictor that has seen no label of the task."""

    @abstractmethod
    def schedule(self, n: int, classes: int) -> Iterator[int]:
        """The ends of the blocks that are predicted at once: increasing, the last one is n."""

    def probe(self, task: Task) -> Probabilities:
        """What a short training on real inputs and made-up labels predicts; differs where floats differ."""
        predictor = self.begin(task)
        rows = min(8 * max(task.classes, 8), 256, max(4, PROBE_CELLS // task.classes))
        head = task.x[:rows]
        predictor.update(head, np.arange(len(head), dtype=np.int64) % task.classes)
        return predictor.predict(head)


def uniform(count: int, classes: int) -> Probabilities:
    """The prediction (count, classes) of who knows nothing."""
    return np.full((count, classes), 1 / max(1, classes))


def learn_on(predictor: object) -> bool:
    """`Gradual.learn_on`, of any predictor."""
    return isinstance(predictor, Gradual) and predictor.learn_on()


def work(predictor: object) -> tuple[float, float]:
    """`Gradual.work`, of any predictor: nothing of nothing where it cannot tell."""
    return predictor.work() if isinstance(predictor, Gradual) else (0.0, 0.0)


def done(predictor: object) -> float | None:
    """The share of the whole task's work that is behind, 0 to 1; None if the predictor cannot tell."""
    behind, whole = work(predictor)
    return behind / whole if whole else None
