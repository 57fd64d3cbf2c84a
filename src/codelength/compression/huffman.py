"""Huffman codes (D. Huffman, 1952) in a conversation: the lengths of the code words, then the words."""

from __future__ import annotations

import constriction
import numpy as np
import numpy.typing as npt

from codelength.channel import Channel
from codelength.compression.adaptive import Produce, number
from codelength.entropy import Repeated, Symbols, Uniform
from codelength.errors import MessageError

_LONGEST = 32  # lengths are below: 5 bits each

_SYMBOL = constriction.symbol


def huffman(channel: Channel, size: int, produce: Produce) -> Symbols:
    """Symbols below `size`: how many, the length of each one's code word, and a word each.

    A word of l bits is sent as what it is under the range coder: a symbol of probability 2^-l.
    """
    count = number(channel, lambda: len(produce()))
    if not count:
        return np.zeros(0, np.int64)
    lengths = channel.integers(Uniform(_LONGEST, size), lambda: code_lengths(produce(), size))
    p = np.where(lengths > 0, 2.0 ** -lengths.astype(np.float64), 0.0)
    if (lengths > 0).sum() == 1:  # one symbol alone needs no bits
        p = (lengths > 0).astype(np.float64)
    if p.sum() != 1:
        raise MessageError("the lengths of the code words in the message are those of no Huffman code")
    return channel.integers(Repeated(p, count), produce)


def code_lengths(symbols: Symbols, size: int) -> npt.NDArray[np.int64]:
    """The length in bits of the code word of each symbol (size,), 0 for those that never come."""
    counts = np.bincount(symbols, minlength=size).astype(np.float64)
    used = np.flatnonzero(counts)
    lengths = np.zeros(size, np.int64)
    if len(used) == 1:
        lengths[used] = 1
        return lengths
    tree = _SYMBOL.huffman.EncoderHuffmanTree(counts[used])
    for place, symbol in enumerate(used):
        coder = _SYMBOL.QueueEncoder()
        coder.encode_symbol(place, tree)
        lengths[symbol] = coder.get_compressed()[1]
    return lengths
