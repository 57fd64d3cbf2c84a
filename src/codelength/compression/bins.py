"""A Gaussian prior cut into bins of equal mass, and other Gaussians seen in them.

A bin is two digits, each drawn under a distribution of few symbols: a Gaussian quantized to thousands of
narrow bins leaks mass into far ones at the coder's 24 bits of precision.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from codelength.entropy import Symbols, Table, Uniform, above_zero

DIGIT = 64
BITS = 12  # of a bin under the prior: two digits
_LEAST = 2.0**-30  # of a digit's probability, so that each can be sent

Floats = npt.NDArray[np.float64]


def prior(count: int) -> Uniform:
    """Of either digit: bins have equal mass."""
    return Uniform(DIGIT, count)


def first_digit(mean: Floats, deviation: Floats) -> Table:
    """Of Gaussians (n,) in units of the prior's deviation."""
    edges = _edges(np.arange(DIGIT + 1) * DIGIT)
    return _masses(np.broadcast_to(edges, (len(mean), DIGIT + 1)), mean, deviation)


def second_digit(mean: Floats, deviation: Floats, first: Symbols) -> Table:
    """Of Gaussians (n,), given their first digits."""
    return _masses(_edges(first[:, None] * DIGIT + np.arange(DIGIT + 1)), mean, deviation)


def values(first: Symbols, second: Symbols) -> Floats:
    """The middle of each bin by mass, in units of the prior's deviation."""
    return np.asarray(ndtri((first * DIGIT + second + 0.5) / DIGIT**2), np.float64)


def _masses(edges: Floats, mean: Floats, deviation: Floats) -> Table:
    z = (edges - mean[:, None]) / deviation[:, None]
    # of the upper half the mirror image: differences of small numbers, not of numbers near one
    upper = z[:, :-1] > 0
    low, high = np.where(upper, -z[:, 1:], z[:, :-1]), np.where(upper, -z[:, :-1], z[:, 1:])
    mass = np.maximum(ndtr(high) - ndtr(low), 0.0)
    total = mass.sum(axis=1, keepdims=True)
    p = np.where(total > 0, mass / np.where(total > 0, total, 1.0), 1 / DIGIT)
    return Table(above_zero(p, DIGIT * _LEAST))


def _edges(places: npt.NDArray[np.int64]) -> Floats:
    return np.asarray(ndtri(places / DIGIT**2), np.float64)
