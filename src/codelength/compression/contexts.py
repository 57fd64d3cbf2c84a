"""A matrix of few symbols, column by column, under laws that follow the columns sent before.

What stands a few columns before a place in the same row (the pixel beside it, the place above it in a kernel
or in a picture) tells much of what stands there. Each such context has counts of its own; what they predict
is pooled, a weighted product whose powers follow the gradient of the codelength. After M. Mahoney, Adaptive
Weighing of Context Models for Lossless Data Compression (2005), and C. Mattern, Linear and Geometric
Mixtures (DCC 2013).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from codelength.channel import Channel
from codelength.entropy import KrichevskyTrofimov, Symbols, Table, above_zero

_POWER = 0.2  # of each context, at first
_STEP = 0.02  # of the powers, falling as the root of the columns seen
_PRIOR = 2.0  # symbols that a context must have met before it counts for as much as all of them together
_LEAST = 2.0**-16  # of the uniform distribution in each prediction
_RECENT = 8  # columns

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Contexts = Sequence[Symbols]
A = TypeVar("A", bound=np.generic)


class Pooled:
    """Counts of symbols in contexts, a table of `sizes` rows for each kind, and their powers in the pool."""

    def __init__(self, symbols: int, sizes: Sequence[int]) -> None:
        self._all = KrichevskyTrofimov(symbols)
        self._counts = [np.zeros((size, symbols)) for size in sizes]
        self._powers = np.full(len(sizes), _POWER)
        self._base = 1.0  # the power of what all symbols together predict
        self._columns = 0

    def p(self, contexts: Contexts) -> Floats:
        """Probabilities (m, symbols) of the next symbols, in these contexts (m,) of each kind."""
        base = np.log(self._all.p())
        p = np.exp(self._base * base + np.einsum("t,tmk->mk", self._powers, self._told(contexts, base)))
        p /= p.sum(axis=1, keepdims=True)
        return above_zero(p, _LEAST)

    def learn(self, contexts: Contexts, p: Floats, y: Symbols) -> None:
        """Takes note of the symbols y (m,) that came where p was predicted."""
        base = np.log(self._all.p())
        told, step = self._told(contexts, base), _STEP / math.sqrt(1 + self._columns)
        missed = np.eye(len(base))[y] - p
        self._base += step * float((missed @ base).sum())
        self._powers += step * np.einsum("mk,tmk->t", missed, told)
        self._columns += 1
        self._all.learn(y)
        for counts, context in zip(self._counts, contexts, strict=True):
            np.add.at(counts, (context, y), 1)

    def _told(self, contexts: Contexts, base: Floats) -> Floats:
        """What each context predicts beyond the base, as logs (kinds, m, symbols)."""
        logs = []
        for counts, context in zip(self._counts, contexts, strict=True):
            here = counts[context] + _PRIOR * np.exp(base)
            logs.append(np.log(here / here.sum(axis=1, keepdims=True)) - base)
        return np.stack(logs)


def marked(
    channel: Channel, shape: tuple[int, int], lags: Sequence[int], produce: Callable[[], Mask]
) -> Mask:
    """A mask of this shape. `lags` are how many columns before a place its neighbours stand."""
    rows, columns = shape
    mask = np.zeros(shape, bool)
    every = np.arange(rows)
    pooled = Pooled(2, [rows, _RECENT + 1, 2 ** len(lags), *[rows.bit_length() + 1] * len(lags)])
    for column in range(columns):
        before = [_before(mask, column, lag, False) for lag in lags]
        recent = mask[:, max(0, column - _RECENT) : column].sum(axis=1)
        pattern = 2 ** np.arange(len(lags)) @ np.array(before, np.int64).reshape(len(lags), rows)
        busy = [np.full(rows, int(each.sum()).bit_length()) for each in before]
        contexts = [every, recent, pattern, *busy]
        p = pooled.p(contexts)
        y = channel.integers(Table(p), functools.partial(_column, produce, every, column))
        mask[:, column] = y > 0
        pooled.learn(contexts, p, y)
    return mask


def filled(
    channel: Channel, mask: Mask, lags: Sequence[int], symbols: int, produce: Callable[[], Symbols]
) -> Symbols:
    """Symbols below `symbols` where the mask is, of its shape; elsewhere -1."""
    found = np.full(mask.shape, -1)
    pooled = Pooled(symbols, [len(mask), *[symbols + 1] * (len(lags) + 1)])
    for column in map(int, np.flatnonzero(mask.any(axis=0))):
        rows = np.flatnonzero(mask[:, column])
        near = 1 + np.array([_before(found, column, lag, -1)[rows] for lag in lags], np.int64)  # 0: none
        near = near.reshape(len(lags), len(rows))
        mean = np.rint(near.sum(axis=0) / np.maximum((near > 0).sum(axis=0), 1)).astype(np.int64)
        contexts = [rows, *near, mean]
        p = pooled.p(contexts)
        y = channel.integers(Table(p), functools.partial(_column, produce, rows, column))
        found[rows, column] = y
        pooled.learn(contexts, p, y)
    return found


def _before(matrix: npt.NDArray[A], column: int, lag: int, none: int) -> npt.NDArray[A]:
    """The column so many before this one; `none` where there is none."""
    return matrix[:, column - lag] if column >= lag else np.full(len(matrix), none, matrix.dtype)


def _column(produce: Callable[[], npt.NDArray[A]], rows: Symbols, column: int) -> Symbols:
    return np.asarray(produce()[rows, column], np.int64)
