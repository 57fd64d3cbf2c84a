"""Bytes on the wire.

A message is `magic, version, body, seal, digest`. The body is a msgpack array of header, payload and
checks. The digest (128 bits, over all before it) is verified before anything else is read. The seal
(64 bits, over the body and the labels) is verified last: the range decoder never complains. This is
integrity, not authenticity. Nothing in a message is executed or imported.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from codelength.agreement import is_plain
from codelength.channel import CHECK_BYTES, MAX_CHECKS, Account
from codelength.checkpoint import Courses
from codelength.entropy import uniform_bits
from codelength.errors import InputError, MessageError
from codelength.files import write_new
from codelength.labels import Alphabet
from codelength.numerics import PROBE_BYTES

MAGIC = b"\x89CLN"
VERSION = 1
DIGEST_BYTES = 16
SEAL_BYTES = 8
INPUTS_BYTES = 16
_MAX_HEADER = 2**16
_OVERHEAD = len(MAGIC) + 1 + SEAL_BYTES + DIGEST_BYTES


@dataclasses.dataclass(frozen=True)
class Header:
    """What was agreed before a label was seen."""

    code: Any  # a packed agreement
    n: int
    classes: Any  # a packed alphabet agreed in advance, or None: then it is in the payload
    inputs: bytes  # a digest of x
    numerics: list[Any]  # threads, precision and device; nothing where integers suffice
    surroundings: list[str]  # versions, instruction set, processor, in the order of `surroundings`
    probe: bytes  # a digest of what a short training on made-up labels computes
    returned: int = 0  # bytes of the payload that Bob gets back as auxiliary bytes, where there are any

    def pack(self) -> list[Any]:
        fields = [getattr(self, field.name) for field in dataclasses.fields(self)]
        return fields if self.returned else fields[:-1]

    @classmethod
    def unpack(cls, packed: Any) -> Header:
        """The inverse of `pack`. Raises MessageError on fields that could not have been packed."""
        kinds: tuple[tuple[type, ...], ...] = (
            (dict,), (int,), (int, list, type(None)), (bytes,), (list,), (list,), (bytes,), (int,),
        )  # fmt: skip
        if not isinstance(packed, list) or len(packed) not in (len(kinds) - 1, len(kinds)):
            raise MessageError("the header of the message makes no sense")
        if not all(isinstance(value, kind) for value, kind in zip(packed, kinds, strict=False)):
            raise MessageError("the header of the message holds values of the wrong type")
        if not is_plain(packed[0]):
            raise MessageError("the header of the message names no code that could be agreed on")
        header = cls(*packed)
        if (
            header.n < 0
            or header.returned < 0
            or len(header.inputs) != INPUTS_BYTES
            or len(header.probe) != PROBE_BYTES
        ):
            raise MessageError("the header of the message holds values out of bounds")
        if not all(isinstance(text, str) and text.isprintable() for text in header.surroundings):
            raise MessageError("the header of the message names versions that make no sense")
        return header


@dataclasses.dataclass(frozen=True, eq=False)
class Measurement:
    """What a run of a code came to, in bits; `curve` has a row (labels, ideal bits) for each block."""

    n: int
    classes: int
    ideal_bits: float  # less what comes back
    alphabet_bits: float  # of the classes' names, where they were not agreed in advance
    choice_bits: float
    parameter_bits: float  # of a two-part code's first part
    sequential_accuracy: float | None  # of predictions as each label was sent, by what Bob has then
    bound_bits: float | None  # the variational bound, where there is one: a mean over samples
    bound_error: float | None  # its standard error
    # what the parameters took after each stage of their compression
    stages: dict[str, float] = dataclasses.field(repr=False)
    # divergence of posterior and prior, of each tensor of parameters
    layers: dict[str, float] = dataclasses.field(repr=False)
    # of mixed learners, by name: weights (labels, weight), and the bits of each alone (labels, ideal bits)
    shares: Courses = dataclasses.field(repr=False)
    alone: Courses = dataclasses.field(repr=False)
    curve: npt.NDArray[np.float64] = dataclasses.field(repr=False)

    @classmethod
    def of(cls, account: Account, classes: int) -> Measurement:
        accuracy = account.correct / account.n if account.n else None
        bound, error = account.bound or (None, None)
        # what comes back at the end was owed from the beginning
        curve = np.array([(labels, bits - account.returned_bits) for labels, bits in account.curve])
        return cls(
            n=account.n,
            classes=classes,
            ideal_bits=account.bits - account.returned_bits,
            alphabet_bits=account.alphabet_bits,
            choice_bits=account.choice_bits,
            parameter_bits=account.parameter_bits,
            sequential_accuracy=accuracy,
            bound_bits=bound,
            bound_error=error,
            stages=dict(account.stages),
            layers=dict(account.layers),
            shares=dict(account.shares),
            alone=dict(account.alone),
            curve=curve,
        )

    @property
    def kbits(self) -> float:
        return self.ideal_bits / 1000

    @property
    def ratio(self) -> float:
        """Codelength over the uniform code's; NaN where that takes no bits. See `Message.ratio`."""
        return self.ideal_bits / _uniform(self.alphabet_bits, self.n, self.classes)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Message:
    """A message: `bytes(message)` is the file. What its encoder counted stands in `measurement`."""

    header: Header
    payload: bytes
    checks: bytes
    seal: bytes
    measurement: Measurement | None = None  # known at Alice's end only

    def __repr__(self) -> str:
        labels, bits = f"{self.header.n:,} labels", f"{self.payload_bits:,} bits"
        return f"<Message: {labels} in {bits}, ratio {self.ratio:.4f}; {self.framing_bits:,} bits of framing>"

    def __bytes__(self) -> bytes:
        sealed = self.body + self.seal
        return sealed + hashlib.blake2b(sealed, digest_size=DIGEST_BYTES).digest()

    @functools.cached_property
    def body(self) -> bytes:
        """All but the seal and the digest."""
        packed = msgpack.packb([self.header.pack(), self.payload, self.checks])
        return MAGIC + bytes([VERSION]) + bytes(packed)

    @classmethod
    def from_bytes(cls, data: bytes) -> Message:
        """Reads a message. Raises MessageError if a bit is damaged, missing or too many."""
        if data[: len(MAGIC)] != MAGIC:
            raise MessageError("this is not a codelength message")
        if len(data) <= _OVERHEAD:
            raise MessageError("the message is cut short")
        if data[len(MAGIC)] != VERSION:
            raise MessageError(
                f"the message has format {data[len(MAGIC)]}, and this version of codelength reads format "
                f"{VERSION}; install the version that wrote it"
            )
        sealed, digest = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
        if hashlib.blake2b(sealed, digest_size=DIGEST_BYTES).digest() != digest:
            raise MessageError(
                "the message is damaged (cut, changed or lengthened): its digest does not match"
            )
        body, seal = sealed[:-SEAL_BYTES], sealed[-SEAL_BYTES:]
        header, payload, checks = _unpacked(body[len(MAGIC) + 1 :])
        message = cls(Header.unpack(header), payload, checks, seal)
        if message.header.returned > len(payload):
            raise MessageError("the message gives more bytes back than it has")
        if message.body != body:  # one message has one spelling
            raise MessageError("the message is not written in its canonical form")
        return message

    @classmethod
    def load(cls, path: str | Path) -> Message:
        """Reads a message from a file. Raises MessageError when it cannot be read or is damaged."""
        try:
            return cls.from_bytes(Path(path).read_bytes())
        except OSError as error:
            raise MessageError(f"cannot read the message {path}: {error.strerror}") from None

    def save(self, path: str | Path) -> None:
        """Writes the message to a new file. Raises InputError if there is one: nothing is written over."""
        write_new(Path(path), bytes(self))

    @functools.cached_property
    def alphabet(self) -> Alphabet:
        """The classes: agreed in advance, or read from the payload, where they come first."""
        return self._split[0]

    @property
    def coded(self) -> bytes:
        """The payload without the alphabet."""
        return self._split[1]

    @property
    def preamble(self) -> bytes:
        """The alphabet in front of the payload; nothing where it was agreed in advance."""
        return self.payload[: len(self.payload) - len(self.coded)]

    @property
    def alphabet_bits(self) -> int:
        """What the alphabet takes of the payload, in bits."""
        return 8 * len(self.preamble)

    @functools.cached_property
    def _split(self) -> tuple[Alphabet, bytes]:
        if self.header.classes is not None:
            return Alphabet.unpack(self.header.classes), self.payload
        alphabet, rest = Alphabet.read(self.payload)
        if alphabet.size > self.header.n:
            raise MessageError(f"the message names {alphabet.size} classes for {self.header.n} labels")
        return alphabet, rest

    @property
    def payload_bits(self) -> int:
        """What the code costs, in bits: the payload, less the auxiliary bytes that come back out of it."""
        return self.message_bits - self.returned_bits

    @property
    def message_bits(self) -> int:
        """The payload as it is sent, in bits."""
        return 8 * len(self.payload)

    @property
    def returned_bits(self) -> int:
        """The auxiliary bytes that Bob gets back, in bits."""
        return 8 * self.header.returned

    @property
    def framing_bits(self) -> int:
        """Header, digests and checks, in bits."""
        return 8 * len(bytes(self)) - self.message_bits

    @property
    def kbits(self) -> float:
        return self.payload_bits / 1000

    @property
    def ratio(self) -> float:
        """Payload over the uniform code's: n log2 K, and the alphabet that it would send, too.

        NaN where that is nothing.
        """
        return self.payload_bits / _uniform(self.alphabet_bits, self.header.n, self.alphabet.size)

    @property
    def ratio_with_framing(self) -> float:
        uniform = _uniform(self.alphabet_bits, self.header.n, self.alphabet.size)
        return (self.payload_bits + self.framing_bits) / uniform

    @property
    def ideal_bits(self) -> float:
        """-sum log2 p of all that was sent. Raises InputError for a message read from bytes."""
        return self._measured.ideal_bits

    @property
    def curve(self) -> npt.NDArray[np.float64]:
        """Rows (labels, ideal bits), cumulative, one a block. Raises as `ideal_bits` does."""
        return self._measured.curve

    @property
    def _measured(self) -> Measurement:
        if self.measurement is None:
            raise InputError(
                "only the message that came of encoding knows its ideal bits and curve; "
                "for one that was read, see receive(…).measurement"
            )
        return self.measurement


def seal_of(body: bytes, indices: npt.NDArray[np.int64], auxiliary: bytes = b"") -> bytes:
    """64 bits over a message's body, its labels (n,) in the order of visiting, and what rode along."""
    said = body + indices.astype("<i8").tobytes() + auxiliary
    return hashlib.blake2b(said, digest_size=SEAL_BYTES).digest()


def _unpacked(data: bytes) -> tuple[Any, bytes, bytes]:
    try:
        body = msgpack.unpackb(data, strict_map_key=True, max_map_len=_MAX_HEADER, max_array_len=_MAX_HEADER)
    except (ValueError, RecursionError, msgpack.exceptions.UnpackException):
        raise MessageError("the body of the message cannot be read") from None
    if not isinstance(body, list) or len(body) != 3:
        raise MessageError("the body of the message makes no sense")
    header, payload, checks = body
    if not isinstance(payload, bytes) or not isinstance(checks, bytes):
        raise MessageError("the body of the message holds values of the wrong type")
    if len(checks) > CHECK_BYTES * MAX_CHECKS:
        raise MessageError("the message holds more checks than one can hold")
    return header, payload, checks


def _uniform(alphabet_bits: float, n: int, classes: int) -> float:
    """What the uniform code takes; NaN for nothing, so that there is no ratio to it."""
    return uniform_bits(n, classes, alphabet_bits) or float("nan")
