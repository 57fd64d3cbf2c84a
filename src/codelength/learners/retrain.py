"""The paper's online code for networks: trained from scratch on ever longer pasts."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Annotated, ClassVar

from codelength.agreement import Within, registered
from codelength.learners.learner import Learner, Predictor
from codelength.learners.past import growing
from codelength.task import Probabilities, Task
from codelength.training.recipe import Recipe


@registered("retrain")
@dataclasses.dataclass(frozen=True)
class Retrain(Learner):
    """A network by name, trained from scratch at `first` labels, and each time the past has grown.

    `growth` 1.0 is the paper's: it doubles. The first block is predicted uniformly, each later one by
    the network that was trained at its start; within a block, labels are sent a few at a time, so that
    whatever calibrates can follow. With no recipe, the one agreed for the inputs' shape; its `passes`
    are those over each past, its step falls linearly to nothing in each training.

    Raises AgreementError for an unknown network, InputError when the network cannot take the inputs.
    Source: Blier and Ollivier (2018), on prequential codes, and appendix.
    """

    network: str
    recipe: Recipe | None = None
    growth: Annotated[float, Within(0.05, 10)] = 1.0
    first: Annotated[int, Within(1, 100_000)] = 8
    largest_block: Annotated[int, Within(32, 8192)] = 512

    libraries: ClassVar[frozenset[str]] = frozenset({"torch"})

    def begin(self, task: Task) -> Predictor:
        from codelength.learners.retraining import Retraining

        return Retraining(self.network, self.recipe, self.trainings(len(task.x)), task)

    def trainings(self, n: int) -> list[int]:
        """How many labels each training knows: `first`, then (1 + growth) times as many, short of n."""
        ends = growing(n, self.first, lambda end: max(1, int(end * (1 + self.growth)) - end))
        return [end for end in ends if end < n]

    def schedule(self, n: int, classes: int) -> Iterator[int]:
        for start, end in itertools.pairwise((0, *self.trainings(n), n)):
            step = min(max(self.first, start // 8), self.largest_block)
            yield from range(start + step, end, step)
            if end:
                yield end

    def probe(self, task: Task) -> Probabilities:
        """Probabilities after a few steps at the smallest and the largest batch."""
        from codelength.training.ensemble import rehearsed

        return rehearsed(self.network, self.recipe, "anew", task)
