"""The online, or prequential, code: both ends learn from what has been sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Annotated

import numpy as np
import numpy.typing as npt

from codelength.agreement import Within, registered
from codelength.channel import Channel
from codelength.codes.code import Code
from codelength.entropy import codable
from codelength.errors import InputError
from codelength.learners.learner import Learner, Mixed, Predictor, done, learn_on
from codelength.task import Task

_CELLS = 2**22  # probabilities in a block, so that many classes cannot exhaust the memory


@registered("online")
@dataclasses.dataclass(frozen=True)
class OnlineCode(Code):
    """L = sum_i -log2 p_{i-1}(y_i | x_i), p_{i-1} trained on the labels already sent.

    Blier and Ollivier (2018), on prequential codes; Dawid (1984). The learner's probabilities are mixed with
    a trace of the uniform distribution, the share `floor` (see `entropy.codable`), so that no label costs
    infinitely many bits. Raises InputError for a learner that predicts another number of inputs or classes.
    """

    learner: Learner
    floor: Annotated[float, Within(1e-12, 0.5)] = 2.0**-16

    @property
    def libraries(self) -> frozenset[str]:
        return self.learner.libraries

    def probe(self, task: Task) -> npt.NDArray[np.float64] | None:
        return self.learner.probe(task) if self.libraries else None

    def begin(self, task: Task) -> None:
        self.learner.begin(task)

    def converse(self, channel: Channel, task: Task) -> Predictor:
        predictor = self.learner.begin(task)
        start = channel.resume(predictor)
        most = max(1, _CELLS // max(1, task.classes))
        for end in bounded(self.learner.schedule(len(task.x), task.classes), most):
            if end <= start:
                continue
            self._finish(channel, predictor)
            x = task.x[start:end]
            p = predictor.predict(x)
            if p.shape != (len(x), task.classes):
                raise InputError(f"a learner predicted shape {p.shape}, not {(len(x), task.classes)}")
            y = channel.labels(codable(p, self.floor))
            predictor.update(x, y)
            if isinstance(predictor, Mixed):
                channel.account.weigh(predictor.shares(), predictor.alone())
            channel.keep(predictor, done(predictor))
            start = end
        self._finish(channel, predictor)
        return predictor

    @staticmethod
    def _finish(channel: Channel, predictor: Predictor) -> None:
        """Lets it learn what it has to; at every pause the run can be kept."""
        while learn_on(predictor):
            channel.keep(predictor, done(predictor))


def bounded(ends: Iterable[int], most: int) -> Iterator[int]:
    """The ends of blocks, with more ends between them where a block has more than `most` labels."""
    start = 0
    for end in ends:
        yield from range(start + most, end, most)
        yield end
        start = end
