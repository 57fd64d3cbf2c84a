"""What both ends hold before the first label is sent, and what is said of labels."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from codelength.numerics import Numerics
from codelength.order import Rows

Inputs = npt.NDArray[Any]
Labels = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Task:
    """All inputs, in the order of visiting, and how many classes their labels have."""

    x: Rows  # (n, ...), labels not included
    order: npt.NDArray[np.int64]  # (n,), the caller's row of each of them
    classes: int
    seed: int
    numerics: Numerics
    predicts: bool = True  # whether other inputs come after the last label: not where Alice only sends
