"""Distributions to bits and back: thin wrappers that give constriction's coders one interface.

A distribution knows how many symbols it describes and what each would cost; a coder turns symbols
into bytes under it. Any distribution works with any coder.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

import constriction
import numpy as np
import numpy.typing as npt

from codelength.errors import MessageError

Symbols = npt.NDArray[np.int64]
Bits = npt.NDArray[np.float64]

_RAREST = 2.0**-20

_QUEUE = constriction.stream.queue
_MODEL = constriction.stream.model
_SYMBOL = constriction.symbol
# The fast quantization: 24 bits of precision, and no symbol gets probability zero.
_CATEGORICAL = _MODEL.Categorical(perfect=False)


class Distribution(Protocol):
    """`count` independent symbols, each with probabilities of its own."""

    @property
    def count(self) -> int:
        """The number of symbols described."""

    @property
    def size(self) -> int:
        """The number of symbols in the alphabet: 0 … size - 1."""

    def bits(self, symbols: Symbols) -> Bits:
        """The ideal cost of each symbol, -log2 p, in bits (count,)."""

    def most_likely(self) -> Symbols:
        """The mode of each symbol; the lowest where several are equal."""

    def model(self) -> tuple[Any, ...]:
        """constriction's model and its parameters."""

    def rows(self) -> Bits:
        """Probabilities, one row a symbol: (count, alphabet)."""


@dataclasses.dataclass(frozen=True)
class Uniform:
    """`count` symbols, each uniform on 0 … size - 1."""

    size: int
    count: int

    def bits(self, symbols: Symbols) -> Bits:
        return np.full(self.count, np.log2(self.size))

    def most_likely(self) -> Symbols:
        return np.zeros(self.count, dtype=np.int64)

    def model(self) -> tuple[Any, ...]:
        # constriction's own uniform model starts at two values
        return (_MODEL.Uniform(self.size),) if self.size > 1 else Table(self.rows()).model()

    def rows(self) -> Bits:
        return np.full((self.count, self.size), 1 / self.size)


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """One row of probabilities a symbol: p (count, alphabet), rows that add up to one."""

    p: npt.NDArray[np.float64]

    @property
    def count(self) -> int:
        return len(self.p)

    @property
    def size(self) -> int:
        return int(self.p.shape[1])

    def bits(self, symbols: Symbols) -> Bits:
        with np.errstate(divide="ignore"):  # probability zero costs infinitely many bits
            return -np.log2(self.p[np.arange(len(symbols)), symbols])

    def most_likely(self) -> Symbols:
        return np.asarray(self.p.argmax(axis=1), dtype=np.int64)

    def model(self) -> tuple[Any, ...]:
        return _CATEGORICAL, self.rows()

    def rows(self) -> Bits:
        # constriction wants two symbols or more (a second one that never comes), and rows in memory one
        # after the other: it takes columns for rows where those are
        p = self.p if self.p.shape[1] > 1 else np.pad(self.p, ((0, 0), (0, 1)))
        return np.ascontiguousarray(p)


@dataclasses.dataclass(frozen=True, eq=False)
class Repeated:
    """`count` symbols, all with the probabilities p (alphabet,), which adds up to one."""

    p: npt.NDArray[np.float64]
    count: int

    @property
    def size(self) -> int:
        return len(self.p)

    def bits(self, symbols: Symbols) -> Bits:
        with np.errstate(divide="ignore"):
            return -np.log2(self.p[symbols])

    def most_likely(self) -> Symbols:
        return np.full(self.count, self.p.argmax(), dtype=np.int64)

    def model(self) -> tuple[Any, ...]:
        p = self.p if len(self.p) > 1 else np.append(self.p, 0.0)
        return (_MODEL.Categorical(np.ascontiguousarray(p), perfect=False),)

    def rows(self) -> Bits:
        return np.tile(self.p, (self.count, 1))


class KrichevskyTrofimov:
    """Symbols 0 … size - 1 as often as they came so far: p(k) = (n_k + 1/2) / (n + size/2).

    Source: R. Krichevsky and V. Trofimov, The Performance of Universal Encoding, IEEE Transactions on
    Information Theory 27(2), 1981.
    """

    def __init__(self, size: int) -> None:
        self.seen = np.zeros(size, dtype=np.int64)  # n_k

    def p(self) -> npt.NDArray[np.float64]:
        """Probabilities (size,) of the next symbol."""
        return np.asarray((self.seen + 0.5) / (self.seen.sum() + len(self.seen) / 2))

    def learn(self, symbols: Symbols) -> None:
        """Counts symbols (m,)."""
        self.seen += np.bincount(symbols, minlength=len(self.seen))


def codable(p: npt.NDArray[np.float64], floor: float) -> npt.NDArray[np.float64]:
    """Probabilities p (m, K) `above_zero`, with e = `floor` or more: no label gets less than about 2^-20.

    The coders compute with 24 bits: what is much rarer would not cost what it should.
    """
    return above_zero(p, max(floor, p.shape[1] * _RAREST))


def above_zero(p: npt.NDArray[np.float64], floor: float) -> npt.NDArray[np.float64]:
    """Mixes probabilities p (m, K) with the uniform distribution: (1 - e) p + e / K."""
    return np.asarray((1 - floor) * p + floor / p.shape[1], dtype=np.float64)


def uniform_bits(n: int, classes: int, alphabet_bits: float = 0.0) -> float:
    """What the uniform code takes: n log2 K, and the alphabet where it was not agreed in advance."""
    return alphabet_bits + n * float(np.log2(max(1, classes)))


class Encoder(Protocol):
    def encode(self, symbols: Symbols, distribution: Distribution) -> None:
        """Writes symbols (count,) under a distribution."""

    def finish(self) -> bytes:
        """All that was written."""


class Decoder(Protocol):
    def decode(self, distribution: Distribution) -> Symbols:
        """Reads the next `distribution.count` symbols."""


class Reader(Decoder, Protocol):
    """A decoder that knows where its data end."""

    def finish(self) -> None:
        """All was read. Raises MessageError when there is more."""


class Whole:
    """Data that a queue's coder of that name wrote, and nothing besides: what is read is written again."""

    def __init__(self, data: bytes, coder: str) -> None:
        encoder, decoder = CODERS[coder]
        self._data, self._encoder, self._decoder = data, encoder(), decoder(data)

    def decode(self, distribution: Distribution) -> Symbols:
        """Reads the next `distribution.count` symbols."""
        symbols = self._decoder.decode(distribution)
        if symbols.max(initial=0) >= max(1, distribution.size):  # a coder's models have two symbols or more
            raise MessageError("the payload holds a symbol that is not in the alphabet")
        self._encoder.encode(symbols, distribution)
        return symbols

    def finish(self) -> None:
        """Raises MessageError unless the data are what the encoder writes, or that without zeros at the end.

        (Earlier encoders left them out.)
        """
        written = self._encoder.finish()
        if self._data not in (written, written.rstrip(b"\0")):
            raise MessageError(
                "the payload is not what an encoder writes for these labels: it holds more, or this machine "
                "computed other floats than the sender's"
            )


class RangeEncoder:
    """A range coder (Martin, 1979): within a byte of the ideal cost, plus what 24 bits of precision cost."""

    def __init__(self) -> None:
        self._coder = _QUEUE.RangeEncoder()

    def encode(self, symbols: Symbols, distribution: Distribution) -> None:
        if len(symbols):
            self._coder.encode(symbols.astype(np.int32), *distribution.model())

    def finish(self) -> bytes:
        """The settled words, and the shortest tail that, continued with zeros, is in the final interval."""
        words, (low, width) = self._coder.pos()  # the interval, behind this many words
        sealed = self._coder.get_compressed().astype(">u4").tobytes().ljust(4 * words + 8, b"\0")
        front, inside = sealed[: 4 * words], int.from_bytes(sealed[4 * words : 4 * words + 8], "big")
        zeros = next(zeros for zeros in range(64, -1, -8) if _round_up(low, zeros) < low + width)
        point = _round_up(low, zeros)
        if point == 2**64 and inside >= low:  # a carry that the sealed words have not made
            front = (int.from_bytes(front, "big") + 1).to_bytes(len(front), "big")
        # zeros at the end stay: how long the bytes are is no channel beside them
        return bytes(front + (point % 2**64 >> zeros).to_bytes(8 - zeros // 8, "big"))


def _round_up(value: int, zeros: int) -> int:
    return -(-value >> zeros) << zeros


class RangeDecoder:
    """The inverse of RangeEncoder. Past the end of its data it reads zeros and never complains."""

    def __init__(self, data: bytes) -> None:
        self._coder = _QUEUE.RangeDecoder(_words(data, ">u4"))

    def decode(self, distribution: Distribution) -> Symbols:
        return _decoded(self._coder, distribution)


class HuffmanEncoder:
    """A Huffman code for each symbol's own distribution: whole bits, so never under one a symbol."""

    def __init__(self) -> None:
        self._coder = _SYMBOL.QueueEncoder()

    def encode(self, symbols: Symbols, distribution: Distribution) -> None:
        for symbol, row in zip(symbols.tolist(), distribution.rows(), strict=True):
            self._coder.encode_symbol(symbol, _SYMBOL.huffman.EncoderHuffmanTree(row))

    def finish(self) -> bytes:
        words, bits = self._coder.get_compressed()
        return bytes(words.astype("<u4").tobytes()[: -(-bits // 8)])


class HuffmanDecoder:
    """The inverse of HuffmanEncoder."""

    def __init__(self, data: bytes) -> None:
        self._coder = _SYMBOL.QueueDecoder(_words(data, "<u4"))

    def decode(self, distribution: Distribution) -> Symbols:
        """Reads the next `distribution.count` symbols. Raises MessageError where the data end early."""
        trees = map(_SYMBOL.huffman.DecoderHuffmanTree, distribution.rows())
        try:
            return np.array([self._coder.decode_symbol(tree) for tree in trees], dtype=np.int64)
        except ValueError:
            raise MessageError("the payload ends before all labels are decoded") from None


#: the coders of queues by name: what encodes, and what decodes it again
CODERS: dict[str, tuple[Callable[[], Encoder], Callable[[bytes], Decoder]]] = {
    "range": (RangeEncoder, RangeDecoder),
    "huffman": (HuffmanEncoder, HuffmanDecoder),
}


class Stack:
    """An ANS coder (Duda, 2009) over bits that are already there: last pushed, first popped."""

    def __init__(self, data: bytes, *, sealed: bool) -> None:
        """`data`: any bytes if not sealed, zeros after them up to a multiple of 4; what `finish` returned
        if sealed.

        Raises MessageError for data that `finish` could not have returned.
        """
        try:
            self._coder = constriction.stream.stack.AnsCoder(_words(data, "<u4"), not sealed)
        except ValueError as error:
            raise MessageError(f"the payload is none that a stack leaves: {error}") from None

    def push(self, symbols: Symbols, distribution: Distribution) -> None:
        if len(symbols):
            self._coder.encode_reverse(symbols.astype(np.int32), *distribution.model())

    def pop(self, distribution: Distribution) -> Symbols:
        return _decoded(self._coder, distribution)

    @property
    def bits(self) -> int:
        """How many bits the stack holds."""
        return int(self._coder.num_valid_bits())

    def finish(self) -> bytes:
        """The whole stack, for another end to go on from."""
        return bytes(self._coder.get_compressed().astype("<u4").tobytes())

    def unseal(self) -> bytes:
        """The bytes it was started with, once everything pushed has been popped; else MessageError."""
        try:
            return bytes(self._coder.get_compressed(unseal=True).astype("<u4").tobytes())
        except (ValueError, AssertionError) as error:
            raise MessageError(f"the stack does not end as it began: {error}") from None


def _words(data: bytes, order: str) -> npt.NDArray[np.uint32]:
    padded = data.ljust(-(-len(data) // 4) * 4, b"\0")
    return np.frombuffer(padded, order).astype(np.uint32)


def _decoded(coder: Any, distribution: Distribution) -> Symbols:
    if not distribution.count:
        return np.zeros(0, dtype=np.int64)
    model, *parameters = distribution.model()
    symbols = coder.decode(model, *parameters) if parameters else coder.decode(model, distribution.count)
    return np.asarray(symbols, dtype=np.int64)
