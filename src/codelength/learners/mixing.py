"""How the predictions of several learners become one: weights that follow what each predicted of the past."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from codelength.checkpoint import State
from codelength.errors import AgreementError
from codelength.learners.learner import Labels, Probabilities

Floats = npt.NDArray[np.float64]

RULES = ("bayes", "fixed-share", "switch", "average", "pool")

_PARTS = 4  # of a power, in a pool
_POWERS = range(_PARTS, _PARTS + 3)  # what the powers of a pool add up to, in parts: 1, 5/4 and 3/2
_POOLED = 8  # learners at most: 2,838 pools
_CELLS = 2**21  # probabilities under all pools at once


class Mixture(Protocol):
    """Several learners' predictions p (learners, m, classes) as one."""

    def shares(self) -> Floats:
        """How much of the next prediction each learner makes: (learners,), adding up to one."""

    def mix(self, p: Probabilities) -> Probabilities:
        """One prediction (m, classes)."""

    def follow(self, p: Probabilities, y: Labels) -> None:
        """Takes in the labels y (m,) that came where the learners had predicted p."""

    def state(self) -> State: ...

    def restore(self, state: State) -> None: ...


def require_rule(rule: str, count: int) -> None:
    """Raises AgreementError for an unknown rule, and for more learners than a pool takes."""
    if rule not in RULES:
        raise AgreementError(f"Switching.rule must be one of {', '.join(RULES)}, not {rule!r:.40}")
    if rule == "pool" and count > _POOLED:
        raise AgreementError(f"a pool takes at most {_POOLED} learners, not {count}")


def mixture(rule: str, count: int, rate: float) -> Mixture:
    """The mixture of so many learners by the rule of that name; see `Switching`."""
    return Pool(count) if rule == "pool" else Weights(count, rule, rate)


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

    def shares(self) -> Floats:
        """The weights (K,) for the next label; they add up to one."""
        weights: Floats = np.exp(self._logs - self._logs.max()).sum(axis=0)
        weights /= weights.sum()
        return weights

    def mix(self, p: Probabilities) -> Probabilities:
        mixed: Probabilities = np.einsum("k,kmc->mc", self.shares(), p)
        return mixed

    def follow(self, p: Probabilities, y: Labels) -> None:
        if self._rule == "average":
            return
        for given in np.log(p[:, np.arange(len(y)), y].T):
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


class Pool:
    """A Bayesian average over logarithmic opinion pools: p = sum_g w_g p_g, p_g ~ prod_k p_k^(a_gk).

    The powers a_gk (pools, learners) are fixed, in quarters; a pool whose powers add up to more than one is
    surer than its learners, who err for reasons of their own. It costs at most log2 of the number of pools
    more than the best of them: 4.3 bits for two learners, 6 for three. Sources: C. Genest and J. Zidek,
    Combining Probability Distributions (Statistical Science 1986); C. Mattern, Linear and Geometric Mixtures
    (DCC 2013).
    """

    def __init__(self, count: int) -> None:
        self._powers = np.array([each for total in _POWERS for each in _summing_to(total, count)]) / _PARTS
        self._logs = np.full(len(self._powers), -np.log(len(self._powers)))

    def shares(self) -> Floats:
        """The learners' powers, the mean over the pools, as shares (K,) of their sum."""
        powers: Floats = np.exp(self._logs) @ self._powers
        powers /= powers.sum()
        return powers

    def mix(self, p: Probabilities) -> Probabilities:
        return np.concatenate([np.einsum("g,gmc->mc", np.exp(self._logs), q) for q in self._pools(p)])

    def follow(self, p: Probabilities, y: Labels) -> None:
        start = 0
        for q in self._pools(p):
            given = q[:, np.arange(q.shape[1]), y[start : start + q.shape[1]]]
            self._logs = self._logs + np.log(given).sum(axis=1)
            start += q.shape[1]
        self._logs -= np.logaddexp.reduce(self._logs)

    def state(self) -> State:
        return {"logs": self._logs}

    def restore(self, state: State) -> None:
        self._logs = state["logs"].astype(np.float64)

    def _pools(self, p: Probabilities) -> Iterator[Probabilities]:
        """What each pool predicts (pools, rows, classes), for some rows after others."""
        log_p = np.log(p)
        rows = max(1, _CELLS // (len(self._powers) * p.shape[2]))
        for start in range(0, max(1, p.shape[1]), rows):
            pooled = np.einsum("gk,kmc->gmc", self._powers, log_p[:, start : start + rows])
            pooled = np.exp(pooled - pooled.max(axis=2, keepdims=True))
            yield pooled / pooled.sum(axis=2, keepdims=True)


def _summing_to(total: int, count: int) -> Iterator[tuple[int, ...]]:
    """All ways of adding up `count` whole numbers to `total`, in a fixed order."""
    if count == 1:
        yield (total,)
        return
    for first in range(total + 1):
        yield from ((first, *rest) for rest in _summing_to(total - first, count - 1))
