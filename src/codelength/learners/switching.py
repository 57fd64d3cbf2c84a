"""A learner made of learners: mixed, or switched between, by how well each has predicted so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from codelength.agreement import Within, pack, registered, worded
from codelength.checkpoint import Restorable, State, nested, part, state_of
from codelength.errors import AgreementError
from codelength.learners.learner import (
    Inputs,
    Labels,
    Learner,
    Predictor,
    Probabilities,
    Task,
    above_zero,
    done,
    learn_on,
)

Floats = npt.NDArray[np.float64]

RULES = ("bayes", "fixed-share", "switch", "average")

_SHARE = 256  # weights follow after every 256th part of the past, at first after each label


@registered("switching")
@dataclass(frozen=True)
class Switching(Learner):
    """Several learners; p = sum_k w_k p_k, with weights w that follow what each predicted of the past.

    `rule` says how, for learners k = 1 … K that start with equal weights:

    - "bayes": w_k in proportion to the probability that k gave to the labels so far; the mixture costs at
      most log2 K bits more than the best learner.
    - "fixed-share": after each label, the share `rate` of each weight goes to all learners evenly (Herbster
      and Warmuth, Tracking the Best Expert, 1998): as good as the best sequence with few changes.
    - "switch": the switch distribution (van Erven, Grünwald and de Rooij, Catching Up Faster by Switching
      Sooner, JRSS B 2012): the t-th label comes after a switch with probability 1 / (t + 1), and
      each switch may be the last one. No rate to choose.
    - "average": equal weights for ever, an ensemble.

    Each learner keeps its own blocks; weights follow inside them, after each label at first and then
    after every 256th part of the past. Raises AgreementError for an unknown rule and for no learners.
    """

    learners: tuple[Learner, ...]
    rule: str = "switch"
    rate: Annotated[float, Within(0.0, 0.5)] = 0.001
    floor: Annotated[float, Within(1e-12, 0.5)] = 2.0**-16  # so that one zero does not end a learner

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rule not in RULES:
            raise AgreementError(f"Switching.rule must be one of {', '.join(RULES)}, not {self.rule!r:.40}")
        if not self.learners or not all(isinstance(learner, Learner) for learner in self.learners):
            raise AgreementError("Switching.learners must be one learner or more")
        libraries = frozenset({"numpy"}).union(*(learner.libraries for learner in self.learners))
        object.__setattr__(self, "libraries", libraries)

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
        return np.concatenate([learner.probe(task) for learner in self.learners])


class Switched:
    """The learners' predictors at work, each in its own blocks, and the weights between them."""

    def __init__(self, switching: Switching, task: Task) -> None:
        self._task = task
        self._members = [_Member(learner, task, switching.floor) for learner in switching.learners]
        self._names = [f"{place}: {worded(pack(each))}" for place, each in enumerate(switching.learners, 1)]
        self._weights = Weights(len(self._members), switching.rule, switching.rate)
        self._y = np.zeros(len(task.x), np.int64)
        self._seen = 0

    @property
    def weights(self) -> Floats:
        """How much of the next prediction each learner makes: (K,), adding up to one."""
        return self._weights.now()

    def shares(self) -> dict[str, float]:
        """The weights, by the learners' names."""
        return dict(zip(self._names, map(float, self.weights), strict=True))

    def predict(self, x: Inputs) -> Probabilities:
        """Mixed probabilities (m, classes)."""
        rows = range(self._seen, self._seen + len(x))
        upcoming = rows.stop <= len(self._task.x) and np.array_equal(x, self._task.x[rows.start : rows.stop])
        predictions = [member.ahead(rows) if upcoming else member.predict(x) for member in self._members]
        mixed: Probabilities = np.einsum("k,kmc->mc", self.weights, np.stack(predictions))
        return mixed

    def update(self, x: Inputs, y: Labels) -> None:
        """Weighs the learners by the labels (m,) of the next m inputs; each learns where its block ends."""
        rows = range(self._seen, self._seen + len(y))
        given = [member.ahead(rows)[np.arange(len(y)), y] for member in self._members]
        self._weights.follow(np.log(np.stack(given, axis=1)))
        self._y[rows.start : rows.stop] = y
        self._seen = rows.stop
        for member in self._members:
            member.learn(self._y, self._seen)

    def learn_on(self) -> bool:
        """A slice of whatever one of them has left to do."""
        return any(learn_on(member.predictor) for member in self._members)

    def done(self) -> float | None:
        """The mean of what the learners can tell."""
        shares = [share for member in self._members if (share := done(member.predictor)) is not None]
        return float(np.mean(shares)) if shares else None

    def state(self) -> State | None:
        """The labels, the weights and each learner's state, if they all have one."""
        state: State = {"labels": self._y[: self._seen]} | nested("weights", self._weights.state())
        for number, member in enumerate(self._members):
            inner = state_of(member.predictor)
            if inner is None:
                return None
            state |= nested(f"learner{number}", inner)
        return state

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        self._seen = len(state["labels"])
        self._y[: self._seen] = state["labels"]
        self._weights.restore(part("weights", state))
        for number, member in enumerate(self._members):
            assert isinstance(member.predictor, Restorable)
            member.predictor.restore(part(f"learner{number}", state))
            member.skip(self._seen)


class _Member:
    """One learner in its own blocks: predicted whole where they start, learned whole where they end."""

    def __init__(self, learner: Learner, task: Task, floor: float) -> None:
        self._floor = floor
        self.predictor: Predictor = learner.begin(task)
        self._x = task.x
        self._ends = learner.schedule(len(task.x), task.classes)
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

    def learn(self, y: Labels, seen: int) -> None:
        """Learns the block if it has ended."""
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


class Weights:
    """Weights over K learners, as logs in float64; see `Switching` for the rules.

    For the switch distribution they are two each: those of histories that may still switch, and of
    those that will not.
    """

    def __init__(self, count: int, rule: str, rate: float) -> None:
        self._rule = rule
        self._rate = rate
        self._labels = 0
        self._logs = np.full((2 if rule == "switch" else 1, count), -np.log(count))
        if rule == "switch":
            self._logs -= np.log(2)

    def now(self) -> Floats:
        """The weights (K,) for the next label; they add up to one."""
        weights: Floats = np.exp(self._logs - self._logs.max()).sum(axis=0)
        weights /= weights.sum()
        return weights

    def follow(self, log_p: Floats) -> None:
        """Takes in the logs (m, K) of what each learner gave to the next m labels."""
        if self._rule == "average":
            return
        for given in log_p:
            self._logs = self._logs + given
            self._labels += 1
            if self._rule == "fixed-share":
                self._share()
            elif self._rule == "switch":
                self._switch()
            self._logs -= np.logaddexp.reduce(self._logs, axis=None)

    def state(self) -> State:
        return {"logs": self._logs, "labels": np.array(self._labels)}

    def restore(self, state: State) -> None:
        self._logs, self._labels = state["logs"].astype(np.float64), int(state["labels"])

    def _share(self) -> None:
        pool = np.logaddexp.reduce(self._logs, axis=None) - np.log(self._logs.shape[1])
        with np.errstate(divide="ignore"):  # a rate of zero shares nothing
            self._logs = np.logaddexp(np.log1p(-self._rate) + self._logs, np.log(self._rate) + pool)

    def _switch(self) -> None:
        """The t-th step of the forward algorithm (van Erven et al., algorithm 1), theta = 1/2."""
        unsettled, settled = self._logs
        log_switch = -np.log(self._labels + 1)
        pool = np.logaddexp.reduce(unsettled) + log_switch - np.log(2 * len(unsettled))
        unsettled = np.logaddexp(unsettled + np.log1p(-np.exp(log_switch)), pool)
        self._logs = np.stack((unsettled, np.logaddexp(settled, pool)))
