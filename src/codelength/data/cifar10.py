"""CIFAR-10: 50,000 small photographs from the binary version, its files or its archive."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from codelength.data.dataset import DataSet
from codelength.data.fetch import fetch
from codelength.errors import DataError

MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
ARCHIVE = "cifar-10-binary.tar.gz"
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
CLASSES = 10

_FOLDER = "cifar-10-batches-bin"
_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
_TEST = "test_batch.bin"
_RECORD = 1 + 3 * 32 * 32  # a label, then the red, green and blue planes
_MOST_RECORDS = 10_000  # in one file

Bytes = npt.NDArray[np.uint8]


def load_cifar10(data_dir: Path | None = None, *, labels: bool = True, test: bool = True) -> DataSet:
    """Images (50000, 3, 32, 32) uint8 and labels (50000,) int64, in the files' order.

    Labels and pixels share the files: with `labels=False` the label bytes are stepped over. A test
    file that is missing is left out. Raises DataError.
    """
    names = (*_TRAIN, _TEST) if test else _TRAIN
    records = _records(data_dir, names)
    missing = [name for name in _TRAIN if name not in records]
    if missing:
        raise DataError(f"CIFAR-10 lacks {', '.join(missing)} in {data_dir or ARCHIVE}")
    batches = [records[name] for name in _TRAIN]
    tests = [records[_TEST]] if _TEST in records else []
    return DataSet(
        "cifar10",
        _pixels(batches),
        _labels(batches) if labels else None,
        _pixels(tests) if tests else None,
        _labels(tests) if labels and tests else None,
        np.arange(CLASSES),
    )


def _pixels(batches: list[Bytes]) -> Bytes:
    # one copy (150 MB): a view over the label bytes cannot span five files, and training reads it all
    return np.concatenate([batch[:, 1:] for batch in batches]).reshape(-1, 3, 32, 32)


def _labels(batches: list[Bytes]) -> npt.NDArray[np.int64]:
    y = np.concatenate([batch[:, 0] for batch in batches]).astype(np.int64)
    if y.max() >= CLASSES:
        raise DataError(f"CIFAR-10's labels are 0 to {CLASSES - 1}, but the files hold {y.max()}")
    return y


def _records(data_dir: Path | None, names: tuple[str, ...]) -> dict[str, Bytes]:
    """Those of the named files that are there, each (records, 3073)."""
    if data_dir is None:
        return _from_archive(fetch("cifar10", ARCHIVE, MIRRORS, MD5), names)
    for folder in (data_dir / _FOLDER, data_dir):
        if (folder / _TRAIN[0]).is_file():
            return {name: _mapped(folder / name) for name in names if (folder / name).is_file()}
    if (data_dir / ARCHIVE).is_file():
        return _from_archive(data_dir / ARCHIVE, names)
    raise DataError(f"CIFAR-10 is not in {data_dir}: neither {_FOLDER}/{_TRAIN[0]}, nor {ARCHIVE}")


def _mapped(path: Path) -> Bytes:
    count = _count(str(path), path.stat().st_size)
    try:
        return np.memmap(path, np.uint8, "r", shape=(count, _RECORD))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None


def _from_archive(path: Path, names: tuple[str, ...]) -> dict[str, Bytes]:
    wanted = {f"{_FOLDER}/{name}": name for name in names}
    records: dict[str, Bytes] = {}
    try:
        # read through once, in memory: nothing is extracted to disk
        with gzip.open(path) as unzipped, tarfile.open(fileobj=unzipped, mode="r|") as archive:
            for member in archive:
                name = wanted.get(member.name)
                stream = archive.extractfile(member) if name and member.isreg() else None
                if name is None or stream is None or name in records:
                    continue
                count = _count(f"{path}: {name}", member.size)
                records[name] = np.frombuffer(stream.read(), np.uint8).reshape(count, _RECORD)
            while unzipped.read(1 << 20):  # on to the end, where gzip's checksum is
                pass
    except DataError:
        raise
    except (OSError, EOFError, ValueError, zlib.error, tarfile.TarError) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    return records


def _count(what: str, size: int) -> int:
    count, rest = divmod(size, _RECORD)
    if rest or not 0 < count <= _MOST_RECORDS:
        raise DataError(
            f"{what} has {size} bytes; a file of CIFAR-10 is 1 to {_MOST_RECORDS} records of {_RECORD}"
        )
    return count
