"""Small data sets in the real formats, written to a temporary folder, and a watch over opened files."""

from __future__ import annotations

import contextlib
import gzip
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Array = np.ndarray[Any, np.dtype[Any]]


def idx_bytes(array: Array) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def mnist_arrays() -> dict[str, Array]:
    rng = np.random.default_rng(0)
    return {
        "train-images-idx3-ubyte": rng.integers(0, 256, (12, 28, 28), np.uint8),
        "train-labels-idx1-ubyte": rng.integers(0, 10, 12, np.uint8),
        "t10k-images-idx3-ubyte": rng.integers(0, 256, (4, 28, 28), np.uint8),
        "t10k-labels-idx1-ubyte": rng.integers(0, 10, 4, np.uint8),
    }


@pytest.fixture
def write_mnist(mnist_arrays: dict[str, Array]) -> Callable[..., Path]:
    def write(folder: Path, gzipped: bool = True, dotted: bool = False, labels: bool = True) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for stem, array in mnist_arrays.items():
            if labels or "images" in stem:
                name = stem.replace("-idx", ".idx") if dotted else stem
                content = idx_bytes(array)
                path = folder / (name + ".gz" if gzipped else name)
                path.write_bytes(gzip.compress(content) if gzipped else content)
        return folder

    return write


@pytest.fixture
def cifar_records() -> dict[str, Array]:
    rng = np.random.default_rng(1)
    names = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
    records = {name: rng.integers(0, 256, (3 + i, 3073), np.uint8) for i, name in enumerate(names)}
    for array in records.values():
        array[:, 0] %= 10
    return records


@pytest.fixture
def write_cifar(cifar_records: dict[str, Array]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in cifar_records.items():
            (folder / name).write_bytes(array.tobytes())
        return folder

    return write


_watched: list[list[str]] = []


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event == "open" and _watched:
        _watched[-1].append(str(args[0]))


@contextlib.contextmanager
def _watch() -> Iterator[list[str]]:
    _watched.append([])
    try:
        yield _watched[-1]
    finally:
        _watched.pop()


@pytest.fixture(scope="session")
def opened() -> Callable[[], contextlib.AbstractContextManager[list[str]]]:
    """`with opened() as paths:` lists every file that Python opens meanwhile, by whatever route."""
    sys.addaudithook(_hook)  # cannot be taken off again, hence once a session and idle between watches
    return _watch
