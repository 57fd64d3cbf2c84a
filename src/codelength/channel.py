"""The ends of the line. A code is one conversation; run at any of these ends, it is the same code.

`Sender` writes, `Receiver` reads, `Counter` only counts: all over a queue, in the order in which Bob
reads. `StackSender` and `StackReceiver` hold the same conversation over a stack, for bits back.
Whatever a channel's method is called with, it returns the same value at every end.
"""

from __future__ import annotations

import dataclasses
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from codelength import entropy
from codelength.checkpoint import Checkpoint, Courses, Left, Restorable
from codelength.entropy import Distribution, Symbols, Table, Uniform
from codelength.errors import InputError, MessageError, NumericsError

CHECK_BYTES = 2
MAX_CHECKS = 8

Probabilities = npt.NDArray[np.float64]
T = TypeVar("T")
Progress = Callable[["Account"], None]


@dataclasses.dataclass
class Account:
    """What was said so far, in ideal bits (-log2 p), whatever a coder made of it."""

    n: int  # labels in all
    labels: int = 0  # labels so far
    bits: float = 0.0
    alphabet_bits: float = 0.0  # the part of `bits` that the classes' names took
    parameter_bits: float = 0.0  # the part of `bits` that a model's parameters took
    returned_bits: float = 0.0  # what comes back of `bits` when Bob puts weights back
    choice_bits: float = 0.0  # the part of `bits` that choices made by looking at labels took
    work: float | None = None  # share of the work that is done, where the learner can tell
    correct: int = 0  # labels that were predicted as most likely before they were known
    bound: tuple[float, float] | None = None  # a variational bound and its standard error, at Alice's end
    stages: dict[str, float] = dataclasses.field(default_factory=dict)  # parameter bits after each stage
    layers: dict[str, float] = dataclasses.field(default_factory=dict)  # KL of each tensor of parameters
    shares: Courses = dataclasses.field(default_factory=dict)  # of mixed learners
    alone: Courses = dataclasses.field(default_factory=dict)  # bits of each
    curve: list[tuple[int, float]] = dataclasses.field(default_factory=list)
    what: str = "labels"  # what they are, as whoever waits is told

    @property
    def done(self) -> float:
        """How far the conversation has come, 0 to 1: of the work, else of the labels."""
        if self.work is None or (self.work >= 1 and self.labels < self.n):  # what is left is not its work
            return self.labels / max(1, self.n)
        return self.work

    def weigh(self, shares: Mapping[str, float], alone: Mapping[str, float]) -> None:
        """Takes down each learner's share of the next prediction, and its bits so far had it been alone."""
        for courses, values in ((self.shares, shares), (self.alone, alone)):
            for name, value in values.items():
                courses.setdefault(name, []).append((self.labels, value))


class Channel(ABC):
    """One end of the line, for n labels."""

    def __init__(self, n: int, progress: Progress | None = None) -> None:
        self.account = Account(n)
        self._heard: list[Symbols] = []
        self._checkpoint: Checkpoint | None = None
        self._left = Left()  # of a run that was stopped
        self._progress = progress
        # short checks of both ends' probabilities: early, since a divergence then costs little, and on
        self._check_at = sorted({n // 64, n // 16, *(k * n // 8 for k in range(1, 7))} - {0})[:MAX_CHECKS]

    def labels(self, p: Probabilities | Distribution) -> Symbols:
        """The next m labels, as indices, under probabilities p (m, classes) or a distribution.

        Raises InputError unless p is finite, not negative, its rows add up to one, and every label
        that comes has a probability above zero.
        """
        distribution = p if not isinstance(p, np.ndarray) else Table(_checked(p))
        count = distribution.count
        if self.account.labels + count > self.account.n:
            raise InputError(f"the code asks for more labels than there are ({self.account.n})")
        y = self._exchange(distribution, lambda: self._next(count))
        account = self.account
        self._pay(distribution, y)
        account.labels += count
        account.curve.append((account.labels, account.bits))
        account.correct += int((distribution.most_likely() == y).sum())
        self._heard.append(y)
        if self._checkpoint and isinstance(distribution, Table):
            self._checkpoint.said(distribution.p)
        self._check(distribution, y)
        if self._progress:
            self._progress(account)
        return y

    def integers(self, distribution: Distribution, produce: Callable[[], Symbols]) -> Symbols:
        """Integers that only Alice can produce, such as quantized parameters: `produce` runs at her end."""
        symbols = self._exchange(distribution, produce)
        self._pay(distribution, symbols)
        return symbols

    def choice(self, options: int, choose: Callable[[], int]) -> int:
        """The index of an option chosen by looking at the labels: log2(options) bits, paid for."""
        chosen = self.integers(Uniform(options, 1), lambda: np.array([choose()], dtype=np.int64))
        self.account.choice_bits += float(np.log2(options))
        return int(chosen[0])

    def aside(self, work_out: Callable[[], T]) -> T | None:
        """What Alice works out for herself: nothing is sent, and Bob has None."""
        return None

    def attach(self, checkpoint: Checkpoint, identity: bytes) -> None:
        """Keeps the run on disk, and finds what a stopped run of the same identity left there."""
        self._checkpoint = checkpoint
        self._left = checkpoint.open(identity)

    def resume(self, predictor: object) -> int:
        """Says again what a stopped run said, and restores what it had learned; how many labels that is."""
        left, account = self._left, self.account
        if left.state and isinstance(predictor, Restorable):
            for p in left.said:
                self.labels(p)
            for mine, courses in zip((account.shares, account.alone), left.courses, strict=True):
                mine.update({name: [(at, value) for at, value in course] for name, course in courses.items()})
            self.restore(predictor)
        return self.account.labels

    def restore(self, predictor: Restorable) -> None:
        """Restores what a stopped run had learned, in a conversation that soon says again what it said."""
        if self._left.state:
            predictor.restore(self._left.state)

    def keep(self, predictor: object, work: float | None = None) -> None:
        """A point at which the run can go on, should it be killed, with the share of the work behind it."""
        self.account.work = work
        if self._progress:
            self._progress(self.account)
        if self._checkpoint:
            self._checkpoint.keep(predictor, (self.account.shares, self.account.alone))

    def weights(self, prior: Distribution, fit: Callable[[], Distribution]) -> Symbols:
        """Weights drawn under the posterior `fit()`, and sent under the prior. See `give_back`.

        Raises InputError when the auxiliary bytes are too few to draw them from.
        """
        raise AssertionError("only a stack can give bits back")

    def give_back(self, theta: Symbols, fit: Callable[[], Distribution]) -> None:
        """The bits that drew the weights: Bob has them again when he puts the weights back under `fit()`.

        Weights are given back in the reverse of the order in which they were drawn.
        """
        raise AssertionError("only a stack can give bits back")

    def all_labels(self) -> Symbols:
        """All labels (n,), in the order of visiting: at Alice's end always, at Bob's once he has them."""
        if self.account.labels < self.account.n:
            raise AssertionError("Bob has not all labels yet")
        return self.heard()

    def heard(self) -> Symbols:
        """All labels of the conversation so far, as indices."""
        return np.concatenate([np.zeros(0, dtype=np.int64), *self._heard])

    def named(self, alphabet: bytes) -> None:
        """The classes, where they were not agreed on: they stand in front of what the coder writes."""
        self.account.alphabet_bits = 8 * len(alphabet)
        self.account.bits += 8 * len(alphabet)

    def _pay(self, distribution: Distribution, symbols: Symbols) -> None:
        cost = float(distribution.bits(symbols).sum())
        if not np.isfinite(cost):
            raise InputError("a label came whose probability was zero: mix the model with the uniform first")
        self.account.bits += cost

    def _check(self, distribution: Distribution, y: Symbols) -> None:
        due = [at for at in self._check_at if at <= self.account.labels]
        if not due:
            return
        del self._check_at[: len(due)]
        said = hashlib.blake2b(y.astype("<i8").tobytes(), digest_size=CHECK_BYTES)
        if isinstance(distribution, Table):
            said.update(np.ascontiguousarray(distribution.p).tobytes())
        self._compare(said.digest())

    @abstractmethod
    def _exchange(self, distribution: Distribution, produce: Callable[[], Symbols]) -> Symbols:
        """The symbols, produced at Alice's end and read at Bob's."""

    @abstractmethod
    def _next(self, count: int) -> Symbols:
        """The next labels, at Alice's end."""

    @abstractmethod
    def _compare(self, check: bytes) -> None:
        """Writes, or compares, a short check."""


class Counter(Channel):
    """Alice's end with no line: counts ideal bits, writes nothing."""

    def __init__(self, y: Symbols, progress: Progress | None = None) -> None:
        super().__init__(len(y), progress)
        self._y = y

    def all_labels(self) -> Symbols:
        return self._y

    def aside(self, work_out: Callable[[], T]) -> T | None:
        return work_out()

    def _next(self, count: int) -> Symbols:
        return self._y[self.account.labels : self.account.labels + count]

    def _exchange(self, distribution: Distribution, produce: Callable[[], Symbols]) -> Symbols:
        return produce()

    def _compare(self, check: bytes) -> None:
        """Nobody listens."""


class Sender(Counter):
    """Alice's end of a queue."""

    auxiliary = b""  # bytes that ride along and come back

    def __init__(self, y: Symbols, encoder: entropy.Encoder, progress: Progress | None = None) -> None:
        super().__init__(y, progress)
        self._encoder = encoder
        self.checks = b""

    def _exchange(self, distribution: Distribution, produce: Callable[[], Symbols]) -> Symbols:
        symbols = produce()
        self._encoder.encode(symbols, distribution)
        return symbols

    def _compare(self, check: bytes) -> None:
        self.checks += check

    def finish(self) -> bytes:
        """The payload."""
        return self._encoder.finish()


class Receiver(Channel):
    """Bob's end of a queue."""

    #: what rode along, once the conversation has ended
    auxiliary = b""

    def __init__(
        self, n: int, decoder: entropy.Reader, checks: bytes = b"", progress: Progress | None = None
    ) -> None:
        super().__init__(n, progress)
        self._decoder = decoder
        self._checks = checks

    def finish(self) -> None:
        """The conversation has ended. Raises MessageError when something was sent that was not asked for."""
        self._decoder.finish()
        if self._checks:
            raise MessageError("the message holds checks that nothing was compared with")

    def _exchange(self, distribution: Distribution, produce: Callable[[], Symbols]) -> Symbols:
        return self._decoder.decode(distribution)

    def _next(self, count: int) -> Symbols:
        raise AssertionError("Bob produces no labels")

    def _compare(self, check: bytes) -> None:
        expected, self._checks = self._checks[:CHECK_BYTES], self._checks[CHECK_BYTES:]
        if expected != check:
            raise NumericsError(
                f"after {self.account.labels} labels the two ends no longer agree: this machine computed "
                "other floats than the sender's, this version of codelength trains otherwise than the "
                "sender's, or the payload was changed; no labels are returned"
            )


class StackSender(Sender):
    """Alice's end of a stack (Hinton and van Camp, 1993; Frey, 1997: bits back).

    Weights are drawn out of the auxiliary bytes when they are asked for.
    """

    def __init__(self, y: Symbols, auxiliary: bytes, progress: Progress | None = None) -> None:
        self._stack = entropy.Stack(auxiliary, sealed=False)
        super().__init__(y, _Push(self._stack), progress)
        self.auxiliary = auxiliary

    def weights(self, prior: Distribution, fit: Callable[[], Distribution]) -> Symbols:
        posterior = fit()
        theta = self._stack.pop(posterior)
        if self._stack.bits == 0:
            need = float(posterior.bits(theta).sum()) / 8
            raise InputError(
                f"too few auxiliary bytes to draw the weights from: at least {need:.0f} are needed"
            )
        return self.integers(prior, lambda: theta)

    def give_back(self, theta: Symbols, fit: Callable[[], Distribution]) -> None:
        self.account.returned_bits += float(fit().bits(theta).sum())


class StackReceiver(Receiver):
    """Bob's end of a stack: labels come out of it, and the auxiliary bytes come back."""

    def __init__(
        self,
        n: int,
        payload: bytes,
        checks: bytes = b"",
        returned: int = 0,
        progress: Progress | None = None,
    ) -> None:
        """`returned` is how many auxiliary bytes ride along."""
        self._stack = entropy.Stack(payload, sealed=True)
        self._returned = returned
        super().__init__(n, _Pop(self._stack), checks, progress)

    def weights(self, prior: Distribution, fit: Callable[[], Distribution]) -> Symbols:
        return self.integers(prior, lambda: np.zeros(0, dtype=np.int64))

    def give_back(self, theta: Symbols, fit: Callable[[], Distribution]) -> None:
        posterior = fit()
        self._stack.push(theta, posterior)
        self.account.returned_bits += float(posterior.bits(theta).sum())

    @property
    def auxiliary(self) -> bytes:  # type: ignore[override]
        """The auxiliary bytes, once the conversation has ended. Raises MessageError if they are not whole."""
        unsealed = self._stack.unseal()
        padding = unsealed[self._returned :]  # to whole words of 4 bytes
        if len(unsealed) - self._returned not in range(4) or any(padding):
            raise MessageError("the auxiliary bytes that come back are not those that were sent")
        return unsealed[: self._returned]


class _Push:
    """Keeps what is said, and pushes it in reverse at the end, so that Bob pops it in order."""

    def __init__(self, stack: entropy.Stack) -> None:
        self._stack = stack
        self._said: list[tuple[Symbols, Distribution]] = []

    def encode(self, symbols: Symbols, distribution: Distribution) -> None:
        self._said.append((symbols, distribution))

    def finish(self) -> bytes:
        for symbols, distribution in reversed(self._said):
            self._stack.push(symbols, distribution)
        return self._stack.finish()


@dataclasses.dataclass
class _Pop:
    stack: entropy.Stack

    def decode(self, distribution: Distribution) -> Symbols:
        return self.stack.pop(distribution)

    def finish(self) -> None:
        """What is left are the auxiliary bytes."""


def _checked(p: npt.NDArray[Any]) -> Probabilities:
    if p.ndim != 2 or p.dtype != np.float64:
        raise InputError(f"probabilities must be float64 of shape (m, classes), not {p.dtype} {p.shape}")
    # NaN fails both comparisons
    if p.size and not (p.min() >= 0 and np.abs(p.sum(axis=1) - 1).max() < 1e-6):
        raise InputError("probabilities must be finite, not negative, and add up to one in every row")
    return p
