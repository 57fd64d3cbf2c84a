"""A sample near a Gaussian posterior, sent as the index of a candidate that both ends can draw.

Relative entropy coding: about KL(beta || alpha) bits a block and a few more, with nothing to give back.
Source: M. Havasi, R. Peharz and J. Hernández-Lobato, Minimal Random Code Learning (ICLR 2019); the choice
among the candidates is that of the Poisson functional representation (C. Li and A. El Gamal, 2018), cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from codelength.channel import Channel
from codelength.compression.adaptive import Counts
from codelength.entropy import Repeated, Symbols, Uniform

BUDGET = 14.0  # bits of divergence that a block is meant to have
_DIGITS = 19  # of a candidate's number in binary, at most
_CHUNK = 4096  # candidates drawn together, from a stream of their own

Floats = npt.NDArray[np.float64]
Units = tuple[Floats, Floats]


def blocks(sizes: Symbols, densities: Floats, seed: int) -> Iterator[Symbols]:
    """The parameters of each block: of one tensor, in random order, so many that they make up the budget.

    `sizes` (tensors,) are the tensors', `densities` (tensors,) their bits of divergence a parameter.
    """
    start = 0
    for tensor, (size, density) in enumerate(zip(sizes, densities, strict=True)):
        order = np.random.Generator(np.random.PCG64((seed, tensor))).permutation(size)
        most = max(1, int(BUDGET / max(density, 1e-9)))
        for part in np.array_split(order, -(-size // most)) if size else ():
            yield start + part
        start += size


def sent(
    channel: Channel, places: Iterator[Symbols], count: int, seed: int, fit: Callable[[], Units]
) -> Floats:
    """Values (count,), in units of the prior's deviation, of a sample near the posterior `fit()`."""
    z, lengths = np.zeros(count), Counts(_DIGITS + 1)
    for block, here in enumerate(places):
        digits, rest = _Choice(seed, block, here, fit), 0
        length = int(channel.integers(Repeated(lengths.p(), 1), digits.length)[0])
        lengths.learn(np.array([length]))
        if length > 1:
            rest = int(channel.integers(Uniform(2 ** (length - 1), 1), digits.rest)[0])
        chosen = (1 << (length - 1)) + rest if length else 0
        chunk, row = divmod(chosen, _CHUNK)
        z[here] = _candidates(seed, block, chunk, len(here))[row]
    return z


class _Choice:
    """Alice's choice for one block, made when she is first asked for it."""

    def __init__(self, seed: int, block: int, here: Symbols, fit: Callable[[], Units]) -> None:
        self._seed, self._block, self._here, self._fit = seed, block, here, fit
        self._number: int | None = None

    def length(self) -> Symbols:
        return np.array([self._chosen().bit_length()])

    def rest(self) -> Symbols:
        number = self._chosen()
        return np.array([number - (1 << (number.bit_length() - 1))])

    def _chosen(self) -> int:
        if self._number is None:
            mean, deviation = (each[self._here] for each in self._fit())
            self._number = _nearest(self._seed, self._block, mean, deviation)
        return self._number


def _nearest(seed: int, block: int, mean: Floats, deviation: Floats) -> int:
    """argmax_i log beta(z_i) - log alpha(z_i) - log T_i, T the arrival times of a Poisson process.

    The candidates are a sample of alpha; were there no end to them, the chosen one would be one of beta. That
    the times grow keeps its number small: its logarithm is about the divergence.
    """
    square, line = 0.5 - 0.5 / deviation**2, mean / deviation**2
    best, found, time = -np.inf, 0, 0.0
    random = np.random.Generator(np.random.PCG64((seed, block, 1)))
    for chunk in range(2**_DIGITS // _CHUNK):
        z = _candidates(seed, block, chunk, len(mean))
        times = time + np.cumsum(random.standard_exponential(_CHUNK))
        time = times[-1]
        scores = (z * z) @ square.astype(np.float32) + z @ line.astype(np.float32) - np.log(times)
        place = int(scores.argmax())
        if scores[place] > best:
            best, found = float(scores[place]), chunk * _CHUNK + place
    return found


def _candidates(seed: int, block: int, chunk: int, width: int) -> npt.NDArray[np.float32]:
    """Candidates (chunk, width) of a block, standard normal, alike at both ends."""
    random = np.random.Generator(np.random.Philox((seed, block, chunk)))
    return random.standard_normal((_CHUNK, width), dtype=np.float32)
