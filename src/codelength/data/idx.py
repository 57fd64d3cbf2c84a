"""The IDX format, read strictly: magic number, shape and length must all be what they should be."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np
import numpy.typing as npt

from codelength.errors import DataError

_UINT8 = 0x08  # the format's code for unsigned bytes, the only type MNIST uses
_MOST_BYTES = 1 << 28  # five times MNIST: a header that claims more is refused before memory is taken


def read_idx(path: Path, item: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Bytes (n, *item) from an IDX file, gzipped if its name ends in .gz.

    Raises DataError unless the file is exactly one array of unsigned bytes with items of that shape.
    """
    try:
        with _open(path) as stream:
            shape = _shape(path, stream.read(4 + 4 * (1 + len(item))), item)
            size = math.prod(shape)
            body = stream.read(size + 1)  # one more: reaching the end also checks gzip's checksum
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    if len(body) != size:
        problem = "is cut short" if len(body) < size else "goes on after its last item"
        raise DataError(f"{path} {problem}: its header promises {size} bytes")
    return np.frombuffer(body, np.uint8).reshape(shape).copy()  # a copy: torch wants writable memory


def _open(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _shape(path: Path, header: bytes, item: tuple[int, ...]) -> tuple[int, ...]:
    dimensions = 1 + len(item)
    magic = bytes([0, 0, _UINT8, dimensions])
    if header[:4] != magic:
        raise DataError(f"{path} is no IDX file of this kind: it begins with {header[:4]!r}, not {magic!r}")
    if len(header) < 4 + 4 * dimensions:
        raise DataError(f"{path} is cut short within its header")
    shape: tuple[int, ...] = struct.unpack(f">{dimensions}I", header[4:])
    if shape[1:] != item:
        raise DataError(f"{path} holds items of shape {shape[1:]}, not {item}")
    if math.prod(shape) > _MOST_BYTES:
        raise DataError(f"{path} claims {shape[0]} items, more than any file of MNIST holds")
    return shape
