"""The shortest of several codes, with the choice of it in the message."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from codelength.agreement import registered
from codelength.channel import Channel, Counter, Progress, Receiver, Sender
from codelength.codes.code import Code
from codelength.codes.shannon import ShannonCode
from codelength.errors import AgreementError
from codelength.learners.learner import Predictor
from codelength.task import Task


@registered("best-of")
@dataclasses.dataclass(frozen=True)
class BestOf(Code):
    """One of m codes of a kind, named by the payload's first symbol: log2 m bits, for labels chose it.

    Alice measures them all and sends the shortest, or the one with the index `chosen`, where she has
    measured them elsewhere; Bob reads which one it is. Raises AgreementError for no codes, for codes of
    different kinds or another seed, for Shannon codes, whose model both ends hold in advance, and for an
    index that is none of theirs.
    """

    codes: tuple[Code, ...]
    chosen: int | None = dataclasses.field(default=None, metadata={"travels": False}, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.codes or not all(type(code) is type(self.codes[0]) for code in self.codes):
            raise AgreementError("BestOf.codes must be one code or more, all of one kind")
        if isinstance(self.codes[0], (BestOf, ShannonCode)) or not isinstance(self.codes[0], Code):
            raise AgreementError(f"BestOf.codes cannot be of the kind {type(self.codes[0]).__name__}")
        if not all(code.seed == self.seed for code in self.codes):
            raise AgreementError("BestOf.codes must have the seed of the whole: they visit alike")
        if self.chosen is not None and self.chosen not in range(len(self.codes)):
            raise AgreementError(
                f"BestOf.chosen must be an index below {len(self.codes)}, not {self.chosen!r}"
            )

    @property
    def choice(self) -> int:
        """The index that Alice has settled on."""
        assert self.chosen is not None, "Alice settles before she speaks"
        return self.chosen

    @property
    def libraries(self) -> frozenset[str]:
        return frozenset[str]().union(*(code.libraries for code in self.codes))

    def settled(self, x: Any, y: Any, classes: Any, progress: Progress | None) -> BestOf:
        """With the code chosen that takes the fewest ideal bits, all measured, if none is yet."""
        if self.chosen is not None:
            return self
        for code in self.codes:
            code.require_usable(x, y, classes)
        bits = [code.measure(x, y, classes=classes, progress=progress).ideal_bits for code in self.codes]
        return dataclasses.replace(self, chosen=int(np.argmin(bits)))

    @property
    def gives_back(self) -> bool:
        return self.codes[0].gives_back

    def masked(self, auxiliary: bytes) -> bytes:
        return self.codes[0].masked(auxiliary)

    def spoken(self, channel: Channel) -> Code:
        return self.codes[channel.choice(len(self.codes), lambda: self.choice)]

    def converse(self, channel: Channel, task: Task) -> Predictor | None:
        return self.spoken(channel).converse(channel, task)

    def sender(
        self, task: Task, y: npt.NDArray[np.int64], auxiliary: bytes | None, progress: Progress | None
    ) -> Sender:
        return self.codes[self.choice].sender(task, y, auxiliary, progress)

    def counter(self, task: Task, y: npt.NDArray[np.int64], progress: Progress | None) -> Counter:
        return self.codes[self.choice].counter(task, y, progress)

    def receiver(
        self, n: int, coded: bytes, checks: bytes, returned: int, progress: Progress | None
    ) -> Receiver:
        return self.codes[0].receiver(n, coded, checks, returned, progress)
