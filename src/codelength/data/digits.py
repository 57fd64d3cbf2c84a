"""scikit-learn's handwritten digits: 1,797 images that come with the package, no download."""

from __future__ import annotations

import numpy as np

from codelength.data.dataset import DataSet

CLASSES = 10


def load_digits(*, labels: bool = True) -> DataSet:
    """Images (1797, 8, 8) uint8 with values 0 to 16, labels (1797,) int64; there is no test split."""
    import sklearn.datasets  # here: it takes a second

    bundle = sklearn.datasets.load_digits()  # one file holds both; without labels only images are taken
    y = np.asarray(bundle.target, np.int64) if labels else None
    return DataSet("digits", np.asarray(bundle.images, np.uint8), y, classes=np.arange(CLASSES))
