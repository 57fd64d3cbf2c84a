"""Two encoders' features of handwritten digits, computed on the spot: which makes the labels cheaper?

python examples/probing.py

Neither encoder ever sees a label: one keeps the principal components of the pixels, the other what k-means
finds in small patches (A. Coates and A. Ng, 2012). A linear probe then pays for the labels, bit by bit.
"""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

import codelength as cl

_PATCH, _CENTRES = 4, 32


def patches(images: np.ndarray) -> np.ndarray:
    """Small windows of images (n, 8, 8), without their mean: (n, windows, pixels)."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (_PATCH, _PATCH), axis=(1, 2))
    flat = windows.reshape(len(images), -1, _PATCH * _PATCH).astype(np.float64)
    return flat - flat.mean(axis=2, keepdims=True)


def dictionary(images: np.ndarray) -> np.ndarray:
    """How near the windows of each quarter of an image come to each of the k-means centres: (n, features)."""
    windows = patches(images)
    means = KMeans(_CENTRES, n_init=1, random_state=0).fit(windows[:, ::4].reshape(-1, _PATCH * _PATCH))
    distances = means.transform(windows.reshape(-1, _PATCH * _PATCH)).reshape(*windows.shape[:2], -1)
    near = np.maximum(0, distances.mean(axis=2, keepdims=True) - distances)
    side = 8 - _PATCH + 1
    grid = near.reshape(len(images), side, side, _CENTRES)
    rows, columns = (grid[:, :3], grid[:, 2:]), (slice(0, 3), slice(2, None))
    return np.concatenate([half[:, :, part].mean(axis=(1, 2)) for half in rows for part in columns], axis=1)


def main() -> None:
    digits = load_digits()
    representations = {
        "pixels": digits.data,
        "PCA": PCA(20, random_state=0).fit_transform(digits.data),
        "k-means of patches": dictionary(digits.images),
    }
    found = cl.probe(representations, digits.target)
    for name, bits in zip(found.names, found.bits, strict=True):
        print(f"{name}: {bits.mean():,.0f} bits")
    print(*found.verdicts(), sep="\n")


if __name__ == "__main__":
    main()
