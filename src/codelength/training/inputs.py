"""From the caller's arrays to the normalized batches that a network takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from codelength.data.arrays import is_channels_last, standard
from codelength.errors import InputError
from codelength.order import Rows

_ROWS = 1024  # rows that are looked at together, so that mapped inputs stay on disk


class Normalizer:
    """Turns inputs into float32 batches of mean 0 and standard deviation 1.

    The statistics are those of all inputs, which both ends hold: of each feature of a table
    (n, features), of each channel of images (n, height, width), (n, channels, height, width) or
    (n, height, width, channels). Raises InputError for other shapes and for what is no number.
    """

    def __init__(self, x: Rows) -> None:
        if x.dtype.kind not in "buif" or not 2 <= x.ndim <= 4 or 0 in x.shape[1:]:
            raise InputError(
                "a network takes numbers of shape (n, features), (n, height, width), (n, channels, height, "
                f"width) or (n, height, width, channels), not {x.dtype} of shape {x.shape}"
            )
        self.channels_last = is_channels_last(x.shape)
        self._input_shape = x.shape[1:]
        self.shape = standard(x.shape)
        mean, deviation = self._statistics(x)
        axes = (-1, *[1] * (len(self.shape) - 1))
        self._mean = torch.from_numpy(mean.astype(np.float32)).reshape(axes)
        self._factor = torch.from_numpy((1 / deviation).astype(np.float32)).reshape(axes)

    def __call__(self, x: npt.NDArray[Any]) -> Tensor:
        """A float32 batch (m, features) or (m, channels, height, width), channels last in memory."""
        if x.shape[1:] != self._input_shape:
            raise InputError(f"inputs of shape {self._input_shape} were announced, not {x.shape[1:]}")
        batch = torch.from_numpy(np.ascontiguousarray(self._standard(x))).to(torch.float32)
        batch = (batch - self._mean) * self._factor
        return batch.contiguous(memory_format=torch.channels_last) if batch.ndim == 4 else batch

    def _standard(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if x.ndim == 3:
            return x[:, None]
        return x.transpose(0, 3, 1, 2) if self.channels_last else x

    def _statistics(self, x: Rows) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        whole = x.dtype.kind != "f"
        wide = np.int64 if whole and x.dtype.itemsize <= 2 else np.float64  # squares of more would overflow
        axes = (0, 2, 3) if len(self.shape) == 3 else (0,)
        count = max(len(x) * int(np.prod(self.shape[1:])), 1)
        chunks = [slice(start, start + _ROWS) for start in range(0, len(x), _ROWS)]

        def total(power: int, shift: Any) -> npt.NDArray[Any]:
            sums = np.zeros(self.shape[0], wide)
            for rows in chunks:
                values = self._standard(x[rows]).astype(wide)
                if shift is not None:
                    values -= shift.reshape(-1, *[1] * (len(self.shape) - 1))
                sums += (values**power).sum(axis=axes)
            return sums

        mean = total(1, None) / count
        # The deviation is taken about a whole number, so that sums of small integers are exact.
        near = np.rint(mean).astype(wide) if whole else mean
        variance = np.maximum(total(2, near) / count - (mean - near) ** 2, 0.0)
        deviation = np.sqrt(variance)
        if not (np.isfinite(mean).all() and np.isfinite(deviation).all()):
            raise InputError("a network takes finite numbers: fill in what is missing first")
        flat = deviation <= 1e-6 * np.abs(mean)
        return mean, np.where(flat, np.inf, deviation)  # nothing is left of what is as good as constant
