"""Whole numbers under laws that both ends learn from what was sent: nothing but a range is agreed.

Each law is a model with `p`, the distribution of the next symbols, and `learn`. After J. Rissanen,
Universal coding, information, prediction, and estimation (1984); J. Veness et al., Context tree switching
(2012), for mixtures of counts.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from codelength.channel import Channel
from codelength.entropy import Repeated, Symbols, Uniform
from codelength.errors import InputError, MessageError

_LENGTHS = 25  # of a whole number in binary: 0 to 24 digits
_REACH = 2**15  # of a signed number
_LEVELS, _FINE = 256, 16  # of a positive number, and how many of them are one doubling
_GROWTH = 16  # a block is this part of what was sent

Floats = npt.NDArray[np.float64]
Produce = Callable[[], Symbols]


class Law(Protocol):
    """A distribution of symbols 0 … size - 1 that follows what was sent."""

    def p(self) -> Floats:
        """Probabilities (size,) of the next symbol."""

    def learn(self, symbols: Symbols) -> None:
        """Takes note of symbols (m,)."""


class Mixture:
    """The Bayesian mixture of fixed laws p (laws, size), each as probable as any other at first."""

    def __init__(self, laws: Floats) -> None:
        self._laws = laws
        self._log_weights = np.zeros(len(laws))

    def p(self) -> Floats:
        weights = np.exp(self._log_weights - self._log_weights.max())
        mixed = weights @ self._laws
        return np.asarray(mixed / mixed.sum())

    def learn(self, symbols: Symbols) -> None:
        counts = np.bincount(symbols, minlength=self._laws.shape[1])
        self._log_weights += np.log(self._laws) @ counts


def around_zero(reach: int) -> Mixture:
    """Laws of -reach … reach that fall off as exp(-|q / scale|^shape): peaked, Laplace, Gaussian."""
    scales = 2.0 ** np.arange(-4, np.log2(reach + 1) + 1, 0.5)
    q = np.abs(np.arange(-reach, reach + 1))
    shapes = np.array([0.5, 1.0, 2.0])
    fallen = -((q / scales[:, None, None]) ** shapes[:, None])
    laws = np.exp(np.maximum(fallen, -30.0)).reshape(-1, len(q))
    return Mixture(laws / laws.sum(axis=1, keepdims=True))


def number(channel: Channel, produce: Callable[[], int]) -> int:
    """A whole number below 2^24: log2 25 bits for its length in binary, one for each digit but the first.

    After P. Elias, Universal Codeword Sets and Representations of the Integers (1975).
    """
    digits = int(
        channel.integers(Uniform(_LENGTHS, 1), lambda: np.array([_small(produce()).bit_length()]))[0]
    )
    if digits < 2:
        return digits
    first = 1 << (digits - 1)
    return first + int(channel.integers(Uniform(first, 1), lambda: np.array([produce() - first]))[0])


def positive(channel: Channel, count: int, produce: Callable[[], Floats]) -> Floats:
    """`count` positive numbers, each to the nearest of sixteen a doubling from 2^-8 to 2^7.9: a byte each."""
    levels = channel.integers(Uniform(_LEVELS, count), lambda: _level(produce()))
    return np.asarray(2.0 ** ((levels - _LEVELS // 2) / _FINE))


def _level(values: Floats) -> Symbols:
    whole = np.rint(np.log2(np.maximum(values, 1e-30)) * _FINE) + _LEVELS // 2
    return np.asarray(np.clip(whole, 0, _LEVELS - 1), np.int64)


def adaptive(channel: Channel, law: Law, count: int, produce: Produce) -> Symbols:
    """`count` symbols under a law that learns after each of some growing blocks."""
    sent = [np.zeros(0, np.int64)]
    for start, stop in _blocks(count):
        here = Repeated(law.p(), stop - start)
        sent.append(channel.integers(here, functools.partial(_part, produce, start, stop)))
        law.learn(sent[-1])
    return np.concatenate(sent)


def _part(produce: Produce, start: int, stop: int) -> Symbols:
    return produce()[start:stop]


def signed(channel: Channel, count: int, produce: Produce) -> Symbols:
    """`count` whole numbers around zero, their reach first."""
    if not count:
        return np.zeros(0, np.int64)
    reach = number(channel, lambda: int(np.abs(produce()).max()))
    if reach > _REACH:
        raise MessageError(f"the message names parameters that reach {reach}, more than any that were sent")
    return adaptive(channel, around_zero(reach), count, lambda: produce() + reach) - reach


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start < count:
        stop = min(count, start + 1 + start // _GROWTH)
        yield start, stop
        start = stop


def _small(value: int) -> int:
    if not 0 <= value < 2**24:
        raise InputError(f"a count in a message is below 2^24, not {value}")
    return value
