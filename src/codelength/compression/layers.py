"""A network's parameters as the matrices that are compressed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from codelength.compression.compression import Scalar, Shapes, size_of


class Layers:
    """Each parameter of two dimensions or more as a matrix (filters, inputs); all others as one row.

    `areas` are how many columns of each belong to one input channel: a kernel's size. `lags` are how many
    columns before a place its neighbours stand: in a kernel, or in a picture of shape `inputs`.
    """

    def __init__(self, shapes: Shapes, inputs: tuple[int, ...] = ()) -> None:
        self.size = size_of(shapes)
        self.shapes: list[tuple[int, int]] = []
        self.areas: list[int] = []
        self.lags: list[tuple[int, ...]] = []
        self._places: list[npt.NDArray[np.int64]] = []
        start, rest = 0, []
        for shape in shapes:
            places = np.arange(start, start := start + int(np.prod(shape)))
            if len(shape) < 2:
                rest.append(places)
            elif len(places):
                matrix = places.reshape(len(places) // int(np.prod(shape[1:])), -1)
                self._add(matrix, int(np.prod(shape[2:])), _lags(shape, inputs))
        self.vectors = len(self._places) if rest else None  # which of them holds what is no matrix
        if rest:
            self._add(np.concatenate(rest)[None], 1, ())

    def _add(self, places: npt.NDArray[np.int64], area: int, lags: tuple[int, ...]) -> None:
        self._places.append(places)
        self.shapes.append((places.shape[0], places.shape[1]))
        self.areas.append(area)
        self.lags.append(lags)

    def of(self, theta: npt.NDArray[Scalar]) -> list[npt.NDArray[Scalar]]:
        """The matrices of parameters, or of anything there is one of for each (size,)."""
        return [theta[places] for places in self._places]

    def flat(self, layers: Sequence[npt.NDArray[Any]], dtype: type[Scalar]) -> npt.NDArray[Scalar]:
        """The inverse of `of`."""
        theta = np.zeros(self.size, dtype)
        for places, layer in zip(self._places, layers, strict=True):
            theta[places] = layer
        return theta


def _lags(shape: tuple[int, ...], inputs: tuple[int, ...]) -> tuple[int, ...]:
    """What is beside a place of such a parameter, above it, and in a kernel one channel before."""
    beside: tuple[int, ...] = (1, 2)
    if len(shape) > 2:
        beside = (1, 2, shape[-1], int(np.prod(shape[2:])))
    elif len(inputs) == 3 and shape[1] == int(np.prod(inputs)):  # sees the picture itself
        beside = (1, 2, inputs[2] - 1, inputs[2], inputs[2] + 1)
    return tuple(sorted({lag for lag in beside if 0 < lag < int(np.prod(shape[1:]))}))
