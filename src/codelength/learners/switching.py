"""A learner made of learners: mixed, or switched between, by how well each has predicted so far."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt

from codelength.agreement import Within, called, registered
from codelength.checkpoint import Restorable, State, nested, part, state_of
from codelength.entropy import above_zero
from codelength.errors import AgreementError
from codelength.learners.learner import Learner, Predictor, learn_on, work
from codelength.learners.mixing import mixture, require_rule
from codelength.learners.past import Past
from codelength.task import Inputs, Labels, Probabilities, Task
from codelength.workers import M, T, Workers

Floats = npt.NDArray[np.float64]

_SHARE = 256  # weights follow after every 256th part of the past, at first after each label


@registered("switching")
@dataclasses.dataclass(frozen=True)
class Switching(Learner):
    """Several learners; p = sum_k w_k p_k (except under "pool"), the weights w by how well each predicted.

    `rule` says how, for learners k = 1 … K that start with equal weights:

    - "bayes": w_k in proportion to the probability that k gave to the labels so far; where weights follow
      each label, the mixture costs at most log2 K bits more than the best learner.
    - "fixed-share": after each label, the share `rate` of each weight goes to all learners evenly (Herbster
      and Warmuth, Tracking the Best Expert, 1998): as good as the best sequence with few changes.
    - "switch": the switch distribution (van Erven, Grünwald and de Rooij, Catching Up Faster by Switching
      Sooner, JRSS B 2012): after the t-th label comes a switch with probability 1 / (t + 1), and
      each switch may be the last one. No rate to choose.
    - "average": equal weights for ever, an ensemble.
    - "pool": a weighted mean, sharpened or not; which mean, under which weights, is learned (`mixing.Pool`).
      The one that can be better than every learner at every time. For at most 8 learners. The i-th of n
      labels counts with weight (i / n)^forget, for some learn sooner and others better; 0 is Bayes' rule.

    Each learner keeps its own blocks; weights follow inside them, after each label at first and then
    after every 256th part of the past. Learners that train networks work side by side. Raises AgreementError
    for an unknown rule, for no learners and for more than a rule takes.
    """

    learners: tuple[Learner, ...]
    rule: str = "switch"
    rate: Annotated[float, Within(0.0, 0.5)] = 0.001
    floor: Annotated[float, Within(1e-12, 0.5)] = 2.0**-16  # so that one zero does not end a learner
    forget: Annotated[float, Within(0.0, 64.0)] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require_rule(self.rule, len(self.learners))
        if not self.learners or not all(isinstance(learner, Learner) for learner in self.learners):
            raise AgreementError(f"Switching.learners must be one learner or more; {Learner.advice}")
        if self.forget and self.rule != "pool":
            raise AgreementError(f"only a pool forgets, not the rule {self.rule!r}")

    @property
    def libraries(self) -> frozenset[str]:
        return frozenset({"numpy"}).union(*(learner.libraries for learner in self.learners))

    @property
    def light(self) -> bool:
        return all(learner.light for learner in self.learners)

    def begin(self, task: Task) -> Switched:
        return Switched(self, task)

    def schedule(self, n: int, classes: int) -> Iterator[int]:
        ends = {end for learner in self.learners for end in learner.schedule(n, classes)}
        start = 0
        for end in sorted(ends):
            while start + (step := 1 + start // _SHARE) < end:
                start += step
                yield start
            yield end
            start = end

    def probe(self, task: Task) -> Probabilities:
        """All learners' probes, one below the other."""
        apart = _SideBySide(self.learners, task)
        return np.concatenate(apart.each(lambda learner: learner.probe(apart.task), self.learners))


class Switched:
    """The learners' predictors at work, each in its own blocks, and the weights between them."""

    def __init__(self, switching: Switching, task: Task) -> None:
        self._task = task
        apart = _SideBySide(switching.learners, task)
        self._each = apart.each
        self._members = [_Member(learner, apart.task, switching.floor) for learner in switching.learners]
        self._names = [f"{place}: {called(each)}" for place, each in enumerate(switching.learners, 1)]
        self._mixture = mixture(
            switching.rule, len(self._members), task.classes, switching.rate, switching.forget
        )
        self._bits = np.zeros(len(self._members))  # each learner's own
        self._past = Past(len(task.x))

    @property
    def weights(self) -> Floats:
        """How much of the next prediction each learner makes: (K,), adding up to one."""
        return self._mixture.shares()

    def shares(self) -> dict[str, float]:
        """The weights, by the learners' names."""
        return dict(zip(self._names, map(float, self.weights), strict=True))

    def alone(self) -> dict[str, float]:
        """What each learner would have taken for the labels so far, in bits, by the learners' names."""
        return dict(zip(self._names, map(float, self._bits), strict=True))

    def predict(self, x: Inputs) -> Probabilities:
        """Mixed probabilities (m, classes)."""
        rows = range(self._past.seen, self._past.seen + len(x))
        upcoming = rows.stop <= len(self._task.x) and np.array_equal(x, self._task.x[rows.start : rows.stop])

        def predict(member: _Member) -> Probabilities:
            return member.ahead(rows) if upcoming else member.predict(x)

        return self._mixture.mix(np.stack(self._each(predict, self._members)))

    def update(self, x: Inputs, y: Labels) -> None:
        """Weighs the learners by the labels (m,) of the next m inputs; each learns where its block ends."""
        rows = range(self._past.seen, self._past.seen + len(y))
        self._past.add(y)
        p = np.stack(self._each(lambda member: member.ahead(rows), self._members))
        self._mixture.follow(p, y)
        self._bits -= np.log2(p[:, np.arange(len(y)), y]).sum(axis=1)
        self._each(lambda member: member.learn(self._past.known), self._members)

    def learn_on(self) -> bool:
        """A slice of whatever one of them has left to do."""
        return any(self._each(lambda member: learn_on(member.predictor), self._members))

    def work(self) -> tuple[float, float]:
        """That of all learners that can tell."""
        behind, whole = zip(*(work(member.predictor) for member in self._members), strict=True)
        return sum(behind), sum(whole)

    def state(self) -> State | None:
        """The labels, the weights and each learner's state, if they all have one."""
        state: State = self._past.state() | {"alone": self._bits}
        state |= nested("weights", self._mixture.state())
        for number, member in enumerate(self._members):
            inner = state_of(member.predictor)
            if inner is None:
                return None
            state |= nested(f"learner{number}", inner)
        return state

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        self._past.restore(state)
        self._bits = state["alone"].astype(np.float64)
        self._mixture.restore(part("weights", state))
        for number, member in enumerate(self._members):
            assert isinstance(member.predictor, Restorable)
            member.predictor.restore(part(f"learner{number}", state))
            member.skip(self._past.seen)


class _SideBySide:
    """Learners that train networks, each in a thread with its share of the agreed ones; then the others.

    Where they are more than the threads, in turn, each with all of those: its own networks share them out,
    and two threads would be done with three learners at different times.
    """

    def __init__(self, learners: Sequence[Learner], task: Task) -> None:
        self._threaded = [not learner.light for learner in learners]
        count, threads = sum(self._threaded), task.numerics.threads
        self._workers = Workers(count if count <= threads else 1, threads)
        numerics = dataclasses.replace(task.numerics, threads=self._workers.threads)
        self.task = dataclasses.replace(task, numerics=numerics)

    def each(self, do: Callable[[M], T], members: Sequence[M]) -> list[T]:
        """What `do` returns for each of the members, one a learner."""
        threaded = iter(self._workers.each(do, itertools.compress(members, self._threaded)))
        pairs = zip(members, self._threaded, strict=True)
        return [next(threaded) if apart else do(member) for member, apart in pairs]


class _Member:
    """One learner in its own blocks: predicted whole where they start, learned whole where they end."""

    def __init__(self, learner: Learner, task: Task, floor: float) -> None:
        self._floor = floor
        self.predictor: Predictor = learner.begin(task)
        self._x = task.x
        self._ends = iter(learner.schedule(len(task.x), task.classes))  # a user's may be a list
        self._start, self._end = 0, next(self._ends, 0)
        self._block: Probabilities | None = None  # predictions of the block that is under way

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, classes) above zero."""
        return above_zero(self.predictor.predict(x), self._floor)

    def ahead(self, rows: range) -> Probabilities:
        """Predictions of rows inside the block that is under way."""
        if self._block is None:
            self._block = self.predict(self._x[self._start : self._end])
        return self._block[rows.start - self._start : rows.stop - self._start]

    def learn(self, y: Labels) -> None:
        """Learns the block, of the labels so far y (seen,), if it has ended."""
        seen = len(y)
        if seen == self._end and self._start < self._end:
            self.predictor.update(self._x[self._start : seen], y[self._start : seen])
            self.skip(seen)

    def skip(self, seen: int) -> None:
        """Goes on to the block that holds the row `seen`."""
        while self._end <= seen < len(self._x):
            self._start, self._end = self._end, next(self._ends)
        if seen == len(self._x):
            self._start = self._end = seen
        self._block = None
