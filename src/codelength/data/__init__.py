"""Data sets by name or by path: Alice's end with labels, Bob's end without ever reading one."""

from __future__ import annotations

import os
from pathlib import Path

from codelength.data.arrays import as_inputs
from codelength.data.cifar10 import load_cifar10
from codelength.data.dataset import DataSet
from codelength.data.digits import load_digits
from codelength.data.mnist import load_mnist
from codelength.data.tables import load_npz, load_table
from codelength.errors import DataError, InputError

__all__ = ["DataSet", "NAMES", "as_inputs", "load"]

NAMES = ("digits", "mnist", "cifar10")


def load(
    data: str | os.PathLike[str],
    data_dir: str | os.PathLike[str] | None = None,
    *,
    target: str | None = None,
    labels: bool = True,
    test: bool = True,
) -> DataSet:
    """A data set as one end holds it, rows in the order of the files.

    `data` is "digits", "mnist", "cifar10", or the path of an .npz file (arrays `x` and `y`, and
    `x_test`, `y_test` if any) or of a .csv or .parquet table, whose labels are in the column
    `target`. `data_dir` is a folder that holds the files of MNIST or CIFAR-10; without it they are
    fetched once into the user's cache ($CODELENGTH_DATA names another folder). Both are ignored
    where they mean nothing.

    `labels=False` is Bob's end: no label is read, not even of the test split, and `y` is None. Where his
    table has no column of labels, he names no `target`.
    `test=False` leaves the test split out.

    Raises DataError when the data cannot be found, fetched or used, InputError when `data` is neither a
    string nor a path.
    """
    if not isinstance(data, str | os.PathLike):
        raise InputError(f"load takes the name or the path of a data set, not {type(data).__name__}")
    folder = None if data_dir is None else Path(data_dir).expanduser()
    if folder is not None and not folder.is_dir() and data in {"mnist", "cifar10"}:
        raise DataError(f"the data folder {folder} does not exist")
    if data == "digits":
        return load_digits(labels=labels)
    if data == "mnist":
        return load_mnist(folder, labels=labels, test=test)
    if data == "cifar10":
        return load_cifar10(folder, labels=labels, test=test)
    return _load_file(Path(data).expanduser(), target, labels=labels, test=test)


def _load_file(path: Path, target: str | None, *, labels: bool, test: bool) -> DataSet:
    if path.suffix not in {".npz", ".csv", ".parquet"}:
        raise DataError(
            f"unknown data set {str(path)!r}: give one of {', '.join(NAMES)}, "
            "or the path of an .npz, .csv or .parquet file"
        )
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    if path.suffix == ".npz":
        return load_npz(path, labels=labels, test=test)
    return load_table(path, target, labels=labels)
