"""Where a pruned matrix has its weights: by runs, as the paper sends it, or by densities that adapt."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from codelength.channel import Channel
from codelength.compression.huffman import huffman
from codelength.entropy import Symbols, Table
from codelength.errors import MessageError

_LONGEST = 255  # zeros in a run; so many, and no weight after them, is a run too
_CHUNK = 64  # places that are sent at once
_SUREST = 16.0  # log odds of a place, at most
_SURE = 4.0  # weights that a density must have met before it counts for as much as that of all places

Mask = npt.NDArray[np.bool_]
Produce = Callable[[], Mask]
Floats = npt.NDArray[np.float64]


def runs(channel: Channel, shape: tuple[int, int], produce: Produce) -> Mask:
    """A mask of this shape as the lengths of its runs of zeros, Huffman coded."""
    sent = huffman(channel, _LONGEST + 1, lambda: run_lengths(produce()))
    ends = np.cumsum(sent + (sent < _LONGEST))
    places = ends[sent < _LONGEST] - 1
    mask = np.zeros(shape, bool)
    if len(places) and places[-1] >= mask.size:
        raise MessageError("the message has weights where its network has none")
    mask.ravel()[places] = True
    return mask


def run_lengths(mask: Mask) -> Symbols:
    """How many zeros stand before each place of a mask, row after row, in symbols up to 255."""
    gaps = np.diff(np.flatnonzero(mask.ravel()), prepend=-1) - 1
    whole, rest = np.divmod(gaps, _LONGEST)
    found = np.full(len(gaps) + int(whole.sum()), _LONGEST, np.int64)
    found[np.cumsum(whole + 1) - 1] = rest
    return found


def densities(channel: Channel, shape: tuple[int, int], area: int, produce: Produce) -> Mask:
    """A mask of this shape, row by row, each place as likely as what was sent makes it.

    A row is a filter, `area` columns belong to one input channel: pruning takes whole channels and filters
    more readily than chance would. The odds are those of all places, times what the channel, the place in
    the kernel and the row have more of them.
    """
    rows, columns = shape
    mask, seen = np.zeros((rows, columns // area, area), bool), np.zeros((columns // area, area))
    width = max(1, _CHUNK // area)
    for row in range(rows):
        for start in range(0, columns // area, width):
            chunk = slice(start, start + width)
            told = mask[row, :start]
            overall = (seen.sum() + told.sum() + 0.5) / (row * columns + told.size + 1)
            odds = (
                _log_odds(seen[chunk].sum(axis=1, keepdims=True), row * area, overall)
                + _log_odds(seen.sum(axis=0, keepdims=True), row * (columns // area), overall)
                + _log_odds(told.sum(), told.size, overall)
                - 2 * _log_odds(0.0, 0, overall)
            )
            p = 1 / (1 + np.exp(-np.clip(odds.ravel(), -_SUREST, _SUREST)))
            alive = functools.partial(_places, produce, mask.shape, row, chunk)
            sent = channel.integers(Table(np.stack((1 - p, p), axis=1)), alive)
            mask[row, chunk] = sent.reshape(mask[row, chunk].shape)
        seen += mask[row]
    return mask.reshape(shape)


def _places(produce: Produce, shape: tuple[int, int, int], row: int, chunk: slice) -> Symbols:
    return produce().reshape(shape)[row, chunk].ravel().astype(np.int64)


def _log_odds(hits: Floats | float, places: int, overall: float) -> Floats:
    """Of a share seen so far, which starts from that of all places."""
    share = (hits + _SURE) / (places + _SURE / overall)
    return np.asarray(np.log(share / (1 - share)))
