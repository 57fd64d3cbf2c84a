"""MNIST: 60,000 handwritten digits from IDX files, local ones or fetched from a public mirror."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from codelength.data.dataset import DataSet
from codelength.data.fetch import fetch
from codelength.data.idx import read_idx
from codelength.errors import DataError

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
MD5 = {  # of the gzipped files, as published
    "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
}
CLASSES = 10

_FOLDERS = (".", "mnist", "MNIST/raw")
_IMAGE = (28, 28)


def load_mnist(data_dir: Path | None = None, *, labels: bool = True, test: bool = True) -> DataSet:
    """Images (60000, 28, 28) uint8 and labels (60000,) int64, in the files' order.

    With `labels=False` no label file is looked for, opened or fetched. Test files that are not in
    `data_dir` are left out. Raises DataError.
    """
    find: Callable[[str], Path | None]
    find = _fetched if data_dir is None else partial(_found, _folder(data_dir))
    images, test_images = find("train-images-idx3-ubyte"), None
    if images is None:
        raise DataError(f"there is no train-images-idx3-ubyte[.gz] in {data_dir}")
    x, y, x_test, y_test = read_idx(images, _IMAGE), None, None, None
    if labels:
        file = find("train-labels-idx1-ubyte")
        if file is None:
            raise DataError(f"there is no train-labels-idx1-ubyte[.gz] beside {images}")
        y = _labels(file)
    if test and (test_images := find("t10k-images-idx3-ubyte")):
        x_test = read_idx(test_images, _IMAGE)
        if labels and (file := find("t10k-labels-idx1-ubyte")):
            y_test = _labels(file)
    return DataSet("mnist", x, y, x_test, y_test, np.arange(CLASSES))


def _labels(path: Path) -> npt.NDArray[np.int64]:
    y = read_idx(path, ()).astype(np.int64)
    if y.size and y.max() >= CLASSES:
        raise DataError(f"{path} holds the label {y.max()}; MNIST's are 0 to {CLASSES - 1}")
    return y


def _folder(data_dir: Path) -> Path:
    for name in _FOLDERS:
        if _found(data_dir / name, "train-images-idx3-ubyte"):
            return data_dir / name
    raise DataError(
        f"MNIST's train-images-idx3-ubyte[.gz] is not in {data_dir}, nor in its folders mnist and MNIST/raw"
    )


def _found(folder: Path, stem: str) -> Path | None:
    names = (stem, stem.replace("-idx", ".idx"))  # both spellings are in use
    paths = (folder / (name + ending) for name in names for ending in ("", ".gz"))
    return next((path for path in paths if path.is_file()), None)


def _fetched(stem: str) -> Path:
    return fetch("mnist", stem + ".gz", MIRRORS, MD5[stem])
