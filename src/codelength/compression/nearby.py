"""A sample near a Gaussian posterior, sent as the numbers of candidates that both ends can draw.

Relative entropy coding: about KL(beta || alpha) bits a block and a few more, with nothing to give back.
Source: M. Havasi, R. Peharz and J. Hernández-Lobato, Minimal Random Code Learning (ICLR 2019); the choice
among the candidates is that of the Poisson functional representation (C. Li and A. El Gamal, 2018), cut off.
All blocks choose from one table of candidates, each with signs of its own: that makes the choice a product of
matrices.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from codelength.channel import Channel
from codelength.compression.adaptive import adaptive
from codelength.entropy import KrichevskyTrofimov, Symbols, Uniform

BUDGET = 16.0  # bits of divergence that a block is meant to have
WIDEST = 1024  # parameters in a block, at most
_SLACK = 5  # a block looks at 2^(divergence + slack) candidates
_DIGITS = 21  # of a candidate's number in binary, at most
_CHUNK = 4096  # candidates drawn together, from a stream of their own

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
#: means and deviations (n,) in units of the prior's deviations, and the divergences (n,) in bits
Gaussians = tuple[Floats, Floats, Floats]


def blocks(sizes: Symbols, densities: Floats, seed: int) -> list[Symbols]:
    """The parameters of each block: of one tensor, in random order, so many that they make up the budget.

    `sizes` (tensors,) are the tensors', `densities` (tensors,) their bits of divergence a parameter.
    """
    start, found = 0, list[Symbols]()
    for tensor, (size, density) in enumerate(zip(sizes, densities, strict=True)):
        order = np.random.Generator(np.random.PCG64((seed, tensor))).permutation(size)
        most = min(max(1, int(BUDGET / max(density, 1e-9))), WIDEST)
        found += [start + part for part in np.array_split(order, -(-size // most))] if size else []
        start += size
    return found


def sent(
    channel: Channel, places: Sequence[Symbols], count: int, seed: int, fit: Callable[[], Gaussians]
) -> Floats:
    """Values (count,), in units of the prior's deviation, of a sample near the posterior `fit()`."""
    chosen = functools.cache(lambda: _nearest(seed, places, *fit()))
    lengths = adaptive(
        channel,
        KrichevskyTrofimov(_DIGITS + 1),
        len(places),
        lambda: np.array([int(number).bit_length() for number in chosen()], np.int64),
    )
    numbers = np.where(lengths > 0, 1 << np.maximum(lengths - 1, 0), 0)  # the least of as many digits
    for block in map(int, np.flatnonzero(lengths > 1)):
        least = int(numbers[block])
        rest = functools.partial(_less, chosen, block, least)
        numbers[block] += channel.integers(Uniform(least, 1), rest)[0]
    return _drawn(seed, places, numbers, count)


def _drawn(seed: int, places: Sequence[Symbols], numbers: Symbols, count: int) -> Floats:
    """The candidates of these numbers, each in the places (count,) of its block."""
    z, widest = np.zeros(count), _widest(places)
    chunks, rows = np.divmod(numbers, _CHUNK)
    for chunk in map(int, np.unique(chunks)):
        table = _candidates(seed, chunk, widest)
        for block in map(int, np.flatnonzero(chunks == chunk)):
            here = places[block]
            z[here] = table[rows[block], : len(here)] * _signs(seed, block, len(here))
    return z


def _less(chosen: Callable[[], Symbols], block: int, least: int) -> Symbols:
    return chosen()[block : block + 1] - least


def _nearest(seed: int, places: Sequence[Symbols], mean: Floats, deviation: Floats, bits: Floats) -> Symbols:
    """Of each block argmax_i log beta(z_i) - log alpha(z_i) - log T_i, T the arrivals of a Poisson process.

    The candidates z are a sample of alpha; were there no end to them, the chosen one would be one of beta.
    That the times grow keeps its number small: its logarithm is about the divergence.
    """
    enough = np.array([2 ** min(bits[here].sum() + _SLACK, _DIGITS) for here in places])
    # log beta(z) - log alpha(z), but for a constant: z^2 times the square, z times the line
    widest = _widest(places)
    square, line = np.zeros((2, widest, len(places)), np.float32)
    for block, here in enumerate(places):
        square[: len(here), block] = 0.5 - 0.5 / deviation[here] ** 2
        line[: len(here), block] = _signs(seed, block, len(here)) * mean[here] / deviation[here] ** 2
    best, numbers = np.full(len(places), -np.inf), np.zeros(len(places), np.int64)
    arrivals, time = np.random.Generator(np.random.PCG64(seed)), 0.0
    for chunk in range(2**_DIGITS // _CHUNK):
        left = np.flatnonzero(enough > chunk * _CHUNK)
        if not len(left):
            break
        z = _candidates(seed, chunk, widest)
        times = time + np.cumsum(arrivals.standard_exponential(_CHUNK))
        time = times[-1]
        scores = z @ line[:, left] + np.square(z) @ square[:, left]
        scores -= np.log(times).astype(np.float32)[:, None]
        rows = scores.argmax(axis=0)
        found = scores[rows, np.arange(len(left))]
        better = found > best[left]
        numbers[left[better]] = chunk * _CHUNK + rows[better]
        best[left] = np.maximum(found, best[left])
    return numbers


def _widest(places: Sequence[Symbols]) -> int:
    return max(map(len, places), default=0)


def _candidates(seed: int, chunk: int, width: int) -> Floats32:
    """Candidates (chunk, width), standard normal, alike at both ends."""
    random = np.random.Generator(np.random.Philox((seed, chunk)))
    return random.standard_normal((_CHUNK, width), dtype=np.float32)


def _signs(seed: int, block: int, width: int) -> Floats32:
    """The signs (width,) under which a block sees the candidates: blocks that are alike choose apart."""
    random = np.random.Generator(np.random.PCG64((seed, block, 1)))
    return (2 * random.integers(0, 2, width) - 1).astype(np.float32)
