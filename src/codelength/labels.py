"""Labels as users have them, and as codes see them: integers 0 … K - 1 into a sorted alphabet."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from codelength.errors import InputError, MessageError

MAX_CLASSES = 2**16
_KINDS = "biufUS"  # bool, int, uint, float, str, bytes
_LONGEST = 2**12  # bytes of a label
_WHOLE = 2**26  # bytes of an alphabet in memory
_FLOAT = 8  # bytes of the longest number


@dataclasses.dataclass(frozen=True, eq=False)
class Alphabet:
    """The classes in sorted order, with the dtype in which labels are handed back."""

    values: npt.NDArray[Any]  # (K,)

    @classmethod
    def of(cls, labels: Any) -> Alphabet:
        """The alphabet of all labels (n,) that occur; an empty one for no labels."""
        return cls(_sorted_unique(as_labels(labels)))

    @classmethod
    def agreed(cls, classes: Any) -> Alphabet:
        """The alphabet that `classes` (K,) name in advance. Raises InputError for what names none."""
        classes = list(classes) if isinstance(classes, set | frozenset) else classes
        try:
            flat = np.ndim(classes) == 1
        except ValueError:  # lists of several lengths
            flat = False
        if not flat:
            raise InputError(f"classes are all the labels that may come, range(10) say, not {classes!r:.40}")
        return cls.of(classes)

    @property
    def size(self) -> int:
        return len(self.values)

    def indices(self, labels: Any) -> npt.NDArray[np.int64]:
        """Labels (n,) as integers (n,). Raises InputError for a label that is not in the alphabet."""
        y = as_labels(labels)
        if not len(y):
            return np.zeros(0, dtype=np.int64)
        text = {kind for kind in (y.dtype.kind, self.values.dtype.kind) if kind in "US"}
        if (text and y.dtype.kind != self.values.dtype.kind) or not self.size:
            raise InputError(f"labels of dtype {y.dtype} are not among classes of dtype {self.values.dtype}")
        found = np.minimum(np.searchsorted(self.values, y), self.size - 1)
        strange = (self.values[found] != y) | (self.values[found].astype(y.dtype) != y)  # floats round
        if strange.any():
            label = y[strange][0].item()
            raise InputError(f"the label {label!r} is not among the {self.size} classes given")
        return found.astype(np.int64)

    def labels(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """The inverse of `indices`."""
        if not self.size:
            return np.zeros(len(indices), dtype=self.values.dtype)
        return self.values[indices]

    def pack(self) -> Any:
        """The alphabet as plain data: the number K for the integers 0 … K - 1, else dtype and values."""
        if self.values.dtype == np.int64 and np.array_equal(self.values, np.arange(self.size)):
            return self.size
        return [self.values.dtype.str, self.values.tolist()]

    @classmethod
    def unpack(cls, packed: Any) -> Alphabet:
        """The inverse of `pack`. Raises MessageError on anything else."""
        if isinstance(packed, int) and not isinstance(packed, bool) and 0 <= packed <= MAX_CLASSES:
            return cls(np.arange(packed))
        try:
            name, values = packed
            dtype = np.dtype(name)
            if dtype.kind not in _KINDS or dtype.itemsize > _LONGEST or len(values) > MAX_CLASSES:
                raise ValueError(name)
            if len(values) * dtype.itemsize > _WHOLE:
                raise ValueError(name)
            array = np.array(values, dtype=dtype)
            canonical = array.ndim == 1 and array.tolist() == values
            if not canonical or not np.array_equal(_sorted_unique(array), array):
                raise ValueError(values)
        except (TypeError, ValueError, OverflowError, SyntaxError):
            raise MessageError("the alphabet of the labels in the message makes no sense") from None
        return cls(array)

    def to_bytes(self) -> bytes:
        return bytes(msgpack.packb(self.pack()))

    @classmethod
    def read(cls, data: bytes) -> tuple[Alphabet, bytes]:
        """The alphabet at the front of some bytes, and the rest of them. Raises MessageError."""
        unpacker = msgpack.Unpacker(max_buffer_size=len(data))
        unpacker.feed(data)
        try:
            packed = unpacker.unpack()
        except (ValueError, msgpack.exceptions.UnpackException, RecursionError):
            raise MessageError("the alphabet of the labels in the message cannot be read") from None
        return cls.unpack(packed), data[unpacker.tell() :]


def as_labels(labels: Any) -> npt.NDArray[Any]:
    """Any sequence of sortable labels as an array (n,): integers, booleans, floats or strings.

    Raises InputError for labels that are missing, not one-dimensional or of mixed types.
    """
    if isinstance(labels, np.ma.MaskedArray) and np.ma.is_masked(labels):
        raise InputError("labels are masked (missing); drop those rows or name the missing class")
    y = np.asarray(labels)
    if y.dtype.kind in "mM":
        raise InputError("labels are dates or times; give them as strings or numbers")
    if y.dtype.kind in "US" and not isinstance(labels, np.ndarray):
        y = np.asarray(labels, dtype=object)  # numbers among strings are not to become strings
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise InputError(f"labels must be one value an input, shape (n,), not {y.shape}")
    if y.dtype.kind not in _KINDS:
        y = _from_objects(y)
    if y.dtype.kind == "f" and y.dtype.itemsize > _FLOAT:
        raise InputError(f"labels of dtype {y.dtype} cannot travel; give whole numbers, strings or float64")
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise InputError("labels hold NaN or infinity; drop those rows or name the missing class")
    return y.astype(y.dtype.newbyteorder("<"), copy=False)


def _from_objects(y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    plain = [_plain(label) for label in y]
    kinds = {type(label) for label in plain}
    if not kinds:
        return y.astype(np.int64)
    if kinds in ({str}, {bytes}) and any(label[-1:] in ("\0", b"\0") for label in plain):
        raise InputError("a label ends in a NUL character, which NumPy would drop: name it otherwise")
    if kinds in ({str}, {bytes}, {int}, {bool}, {float}):
        found = np.array(plain)
        if found.dtype.kind not in _KINDS:
            raise InputError("labels are whole numbers beyond 64 bits; give them as strings")
        return found
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise InputError(f"labels must all be integers, booleans, floats or strings, not {names} ({y.dtype})")


def _plain(label: Any) -> Any:
    """NumPy's scalars as Python's, and a string of any class, an enumeration's say, as a string."""
    if isinstance(label, str):
        return str.__str__(label)
    return label.item() if isinstance(label, np.generic) else label


def _sorted_unique(y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    classes = np.unique(y)
    if len(classes) > MAX_CLASSES:
        raise InputError(f"{len(classes)} different labels; codelength is for classes, at most {MAX_CLASSES}")
    if y.dtype.kind == "U":
        try:
            "".join(classes.tolist()).encode()
        except UnicodeEncodeError:
            raise InputError("a label holds half a character (a lone surrogate): name it otherwise") from None
    if y.dtype.itemsize > _LONGEST:
        raise InputError(f"a label takes {y.dtype.itemsize} bytes; classes have names of at most {_LONGEST}")
    if classes.nbytes > _WHOLE:
        raise InputError(f"the names of the classes take {classes.nbytes:,} bytes, more than {_WHOLE:,}")
    return classes
