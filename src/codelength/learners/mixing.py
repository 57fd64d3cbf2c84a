"""How the predictions of several learners become one: weights that follow what each predicted of the past."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from codelength.checkpoint import State
from codelength.errors import AgreementError
from codelength.task import Labels, Probabilities

Floats = npt.NDArray[np.float64]

RULES = ("bayes", "fixed-share", "switch", "average", "pool")

_PARTS = 4  # that shares in a pool are whole numbers of
_SHARPNESS = (1.0, 1.25, 1.5)
_MEANS = 3
_POOLED = 8  # learners at most: 2,970 pools
_CELLS = 2**21  # probabilities under all pools at once
_WIDEST = 2**24  # of them for one label


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


def mixture(rule: str, count: int, classes: int, rate: float, forget: float) -> Mixture:
    """The mixture of so many learners by the rule of that name; see `Switching`.

    Raises AgreementError where a pool of them would take too much memory for so many classes.
    """
    if rule != "pool":
        return Weights(count, rule, rate)
    pool = Pool(count, forget)
    if pool.pools * classes > _WIDEST:
        raise AgreementError(
            f"a pool of {count} learners takes at most {_WIDEST // pool.pools:,} classes, not {classes:,}"
        )
    return pool


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
    """A Bayesian average over opinion pools of learners k: p_g(y) ~ mean_k(p_k(y); w_g)^s_g.

    The mean is arithmetic (the linear pool), geometric (the logarithmic pool) or between them, that of the
    square roots; each under all weights w_g in quarters, and as it is or sharpened, s_g = 5/4 or 3/2: a
    mean of learners that err for reasons of their own is too modest. Where it follows each label, and is
    not to `forget` (see `Switching`), it costs at most log2 of the number of pools more than the best of
    them: 5.5 bits for two learners, 7.1 for three. Sources: C. Genest and J. Zidek, Combining Probability
    Distributions (Statistical Science 1986); R. Ranjan and T. Gneiting, Combining Probability Forecasts
    (JRSS B 2010).
    """

    def __init__(self, count: int, forget: float = 0.0) -> None:
        self._forget = forget
        self._labels = 0
        self._shares = np.array(list(_summing_to(_PARTS, count))) / _PARTS  # (shares, learners)
        self._logs = np.zeros((len(_SHARPNESS), _MEANS, len(self._shares)))
        self._logs -= np.log(self._logs.size)

    @property
    def pools(self) -> int:
        """How many there are."""
        return self._logs.size

    def shares(self) -> Floats:
        """The learners' shares (K,), the mean over the pools; they add up to one."""
        shares: Floats = np.exp(self._logs).sum(axis=(0, 1)) @ self._shares
        shares /= shares.sum()
        return shares

    def mix(self, p: Probabilities) -> Probabilities:
        weights = np.exp(self._logs)
        return np.concatenate([np.einsum("smg,smgrc->rc", weights, q) for q in self._pools(p)])

    def follow(self, p: Probabilities, y: Labels) -> None:
        if self._forget and self._labels:
            self._logs = self._logs * (self._labels / (self._labels + len(y))) ** self._forget
        self._labels += len(y)
        start = 0
        for q in self._pools(p):
            rows = q.shape[3]
            given = q[:, :, :, np.arange(rows), y[start : start + rows]]
            self._logs = self._logs + np.log(given).sum(axis=3)
            start += rows
        self._logs -= np.logaddexp.reduce(self._logs, axis=None)

    def state(self) -> State:
        return {"logs": self._logs, "labels": np.array(self._labels)}

    def restore(self, state: State) -> None:
        self._logs, self._labels = state["logs"].astype(np.float64), int(state["labels"])

    def _pools(self, p: Probabilities) -> Iterator[Probabilities]:
        """What each pool predicts (sharpness, means, shares, rows, classes), for some rows after others."""
        rows = max(1, _CELLS // (self._logs.size * p.shape[2]))
        for start in range(0, max(1, p.shape[1]), rows):
            some = p[:, start : start + rows]
            arithmetic = np.einsum("gk,krc->grc", self._shares, some)
            between = np.einsum("gk,krc->grc", self._shares, np.sqrt(some)) ** 2
            geometric = np.exp(np.einsum("gk,krc->grc", self._shares, np.log(some)))
            means = np.stack((arithmetic, between, geometric))
            pooled = np.stack([means**power for power in _SHARPNESS])
            yield pooled / pooled.sum(axis=4, keepdims=True)


def _summing_to(total: int, count: int) -> Iterator[tuple[int, ...]]:
    """All ways of adding up `count` whole numbers to `total`, in a fixed order."""
    if count == 1:
        yield (total,)
        return
    for first in range(total + 1):
        yield from ((first, *rest) for rest in _summing_to(total - first, count - 1))
