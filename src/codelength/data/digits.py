"""scikit-learn's handwritten digits: 1,797 images that come with the package, no download."""

from __future__ import annotations

import importlib.resources

import numpy as np

from codelength.data.dataset import DataSet

CLASSES = 10
_SIDE = 8


def load_digits(*, labels: bool = True) -> DataSet:
    """Images (1797, 8, 8) uint8 with values 0 to 16, labels (1797,) int64; there is no test split."""
    pixels = _SIDE * _SIDE  # columns of the file; the label is one more, and not read unless it is wanted
    source = importlib.resources.files("sklearn.datasets.data") / "digits.csv.gz"
    with importlib.resources.as_file(source) as path:
        table = np.loadtxt(path, np.int64, delimiter=",", usecols=range(pixels + labels))
    images = table[:, :pixels].astype(np.uint8).reshape(-1, _SIDE, _SIDE)
    return DataSet("digits", images, table[:, pixels] if labels else None, classes=np.arange(CLASSES))
