"""The order of visiting: seeded, and the same for anyone who holds the same inputs in any order."""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

ROW_BYTES = 16


class Rows(Protocol):
    """What is asked of inputs (n, ...) that stay where they are: an array, a mapped one, or `Reordered`."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    @property
    def ndim(self) -> int: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> npt.NDArray[Any]: ...


class Reordered:
    """The rows of an array (n, ...) in another order, each copied when it is asked for and not before."""

    def __init__(self, x: npt.NDArray[Any], order: npt.NDArray[np.int64]) -> None:
        self._x = x
        self._order = order
        self.shape: tuple[int, ...] = (len(order), *x.shape[1:])
        self.dtype = x.dtype
        self.ndim = x.ndim

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, rows: Any, /) -> npt.NDArray[Any]:
        return np.ascontiguousarray(self._x[self._order[rows]])  # as Bob may have others in memory

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        if copy is False:
            raise ValueError("reordered rows are always a copy")
        return np.asarray(self[:], dtype=dtype)


def digest_rows(x: npt.NDArray[Any]) -> npt.NDArray[np.bytes_]:
    """A digest of each input (n, ...), as n strings of 16 bytes."""
    rows = (hashlib.blake2b(row.tobytes(), digest_size=ROW_BYTES).digest() for row in x)
    return np.frombuffer(b"".join(rows), dtype=f"V{ROW_BYTES}")


def canonical_order(rows: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The rows (n,) by their digests: anyone who holds the same inputs comes to the same."""
    words = rows.view(">u8").reshape(-1, ROW_BYTES // 8)
    return np.asarray(np.lexsort(words.T[::-1]), dtype=np.int64)


def visiting_order(rows: npt.NDArray[Any], seed: int) -> npt.NDArray[np.int64]:
    """The rows' order of visiting (n,): sorted by digest, then permuted by the seed.

    Equal inputs keep the order that their owner has them in. RandomState, since its stream of numbers
    is promised to stay as it is.
    """
    return canonical_order(rows)[np.random.RandomState(seed).permutation(len(rows))]


def digest_inputs(x: npt.NDArray[Any], rows: npt.NDArray[Any], size: int) -> bytes:
    """A digest of all inputs in canonical order, with their shape and dtype."""
    kind = f"{x.dtype.newbyteorder('<').str} {x.shape}".encode()
    return hashlib.blake2b(kind + rows[canonical_order(rows)].tobytes(), digest_size=size).digest()
