"""A learner that sees a part of a table: of several representations side by side, one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated

import numpy as np

from codelength.agreement import Within, registered
from codelength.checkpoint import Restorable, State, state_of
from codelength.errors import AgreementError, InputError
from codelength.learners.learner import Learner, Predictor, learn_on, work
from codelength.task import Inputs, Labels, Probabilities, Task


@registered("columns")
@dataclasses.dataclass(frozen=True)
class Columns(Learner):
    """`learner` on the columns from `start` to before `stop` of inputs (n, features).

    Learners of different columns of one table visit it in the same order. Raises AgreementError for no
    columns, InputError for inputs that do not have them.
    """

    learner: Learner
    start: Annotated[int, Within(0, 2**31)]
    stop: Annotated[int, Within(1, 2**31)]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start >= self.stop:
            raise AgreementError(f"there are no columns from {self.start} to before {self.stop}")

    @property
    def libraries(self) -> frozenset[str]:
        return self.learner.libraries

    @property
    def light(self) -> bool:
        return self.learner.light

    def begin(self, task: Task) -> ColumnsPredictor:
        return ColumnsPredictor(self, self.learner.begin(self._seen(task)))

    def schedule(self, n: int, classes: int) -> Iterator[int]:
        """The inner learner's."""
        return self.learner.schedule(n, classes)

    def probe(self, task: Task) -> Probabilities:
        return self.learner.probe(self._seen(task))

    def of(self, x: Inputs) -> Inputs:
        """What the learner sees of inputs (m, features)."""
        if x.ndim != 2 or x.shape[1] < self.stop:
            raise InputError(f"columns {self.start} to {self.stop} are asked of inputs of shape {x.shape}")
        return np.ascontiguousarray(x[:, self.start : self.stop])

    def _seen(self, task: Task) -> Task:
        return dataclasses.replace(task, x=self.of(np.asarray(task.x)))


class ColumnsPredictor:
    """The inner learner's predictor, shown its columns."""

    def __init__(self, columns: Columns, inner: Predictor) -> None:
        self._columns = columns
        self._inner = inner

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, classes) for inputs (m, features)."""
        return self._inner.predict(self._columns.of(x))

    def update(self, x: Inputs, y: Labels) -> None:
        self._inner.update(self._columns.of(x), y)

    def learn_on(self) -> bool:
        return learn_on(self._inner)

    def work(self) -> tuple[float, float]:
        return work(self._inner)

    def state(self) -> State | None:
        return state_of(self._inner)

    def restore(self, state: State) -> None:
        assert isinstance(self._inner, Restorable)
        self._inner.restore(state)
