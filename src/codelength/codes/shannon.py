"""A model that both ends hold in advance: the cross-entropy, as a message."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from codelength.agreement import Within, registered
from codelength.channel import Channel, Counter, Progress
from codelength.checkpoint import Checkpoint
from codelength.codes.code import Code
from codelength.codes.online import OnlineCode
from codelength.codes.session import Session
from codelength.data.arrays import alike, as_inputs
from codelength.entropy import codable
from codelength.errors import InputError
from codelength.labels import Alphabet
from codelength.learners.learner import Frozen, Learner, Predictor
from codelength.numerics import Numerics
from codelength.task import Inputs, Probabilities, Task

_BLOCK = 1024  # inputs a call of the model; the same at both ends, since floats depend on it

Model = Callable[[Inputs], Probabilities]


@registered("shannon")
@dataclasses.dataclass(frozen=True)
class ShannonCode(Code):
    """L_p = -sum_i log2 p(y_i | x_i) (Blier and Ollivier, 2018, equation 1), with a range coder.

    `model` is an array of probabilities (n, K), in the order of the caller's inputs, or a function from
    inputs (m, ...) to probabilities (m, K). It does not travel: both ends hold it. It must not have been
    fitted to the labels that are sent, or the number means nothing. `floor` is the share of the uniform
    distribution that is mixed in, so that no label costs infinitely many bits (see `entropy.codable`).
    """

    model: Any = dataclasses.field(default=None, metadata={"travels": False}, compare=False)
    floor: Annotated[float, Within(1e-12, 0.5)] = 2.0**-16

    def probe(self, task: Task) -> npt.NDArray[np.float64] | None:
        """The model's first probabilities: another model is found out before a label is decoded."""
        return self._probabilities(task, slice(0, _BLOCK))

    def converse(self, channel: Channel, task: Task) -> Predictor | None:
        for start in range(0, len(task.x), _BLOCK):
            channel.labels(self._probabilities(task, slice(start, start + _BLOCK)))
        return Frozen(self.model) if callable(self.model) else None

    def _probabilities(self, task: Task, block: slice) -> Probabilities:
        if self.model is None:
            raise InputError("a Shannon code needs the model that both ends hold: ShannonCode(model)")
        if callable(self.model):
            p = np.asarray(self.model(task.x[block]), dtype=np.float64)
        else:
            p = np.asarray(self.model, dtype=np.float64)
            if len(p) != len(task.x):
                raise InputError(f"the model gives probabilities for {len(p)} inputs of {len(task.x)}")
            p = p[task.order[block]]
        expected = (len(task.x[block]), task.classes)
        if p.shape != expected:
            raise InputError(f"the model gave shape {p.shape}, not (inputs, classes) {expected}")
        return codable(p, self.floor)


@registered("shannon:huffman")
@dataclasses.dataclass(frozen=True)
class HuffmanCode(ShannonCode):
    """The same model, with a Huffman code (1952) for each label's own distribution.

    Whole bits only, never under one a label: what arithmetic coding was invented to avoid.
    """

    coder: ClassVar[str] = "huffman"


def fitted(
    learner: Learner,
    x: Any,
    y: Any,
    *,
    classes: Any,
    seed: int = 0,
    numerics: Numerics | None = None,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> Model:
    """A model for a Shannon code: what a learner predicts after the labels y (n,) of inputs x (n, ...).

    Both ends hold those labels, and fit alike; they are not among the labels to be sent. `classes`
    is the alphabet (K,); `numerics` are those of this machine where none are given. `progress` and
    `checkpoint` are as in `encode`. The function that is returned maps inputs (m, ...), of any kind that x
    may be, to probabilities (m, K). Raises InputError for inputs or labels that cannot be used, tables with
    strings whose categories are not declared (the other rows are encoded apart), and what is no Learner.
    """
    if not isinstance(learner, Learner):
        raise InputError(f"fitted takes a Learner, not {type(learner).__name__}: wrap a classifier, Refit(…)")
    read, alphabet = alike(x), Alphabet.agreed(classes)
    x = as_inputs(x, declared=True)
    indices = alphabet.indices(y)
    if len(indices) != len(x):
        raise InputError(f"{len(x)} inputs need as many labels, not {len(indices)}")
    numerics = numerics or Numerics.here(learner.libraries)
    # the online conversation with nobody at the other end: what calibrates learns from it too
    online = OnlineCode(learner, seed=seed)
    session = Session.begin(online, x, alphabet.size, numerics, order=np.arange(len(x)))
    counter = Counter(indices, progress)
    counter.account.what = "held labels"
    _, predictor = session.converse(counter, None, checkpoint, indices.tobytes())
    assert predictor is not None

    def model(inputs: Any) -> Probabilities:
        inputs = read(inputs)
        with numerics.enforced(learner.libraries):
            return predictor.predict(inputs)

    return model
