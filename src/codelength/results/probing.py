"""Which representation makes the labels cheapest? Codelengths of one model on several features of the inputs.

Source: E. Voita and I. Titov, Information-Theoretic Probing with Minimum Description Length (EMNLP 2020).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from codelength.channel import Progress
from codelength.data.arrays import Array, as_inputs
from codelength.errors import InputError
from codelength.learners.columns import Columns
from codelength.results.comparison import Comparison, as_learner, compare


def probe(
    representations: Mapping[str, Any],
    y: Any,
    *,
    model: Any = None,
    classes: Any = None,
    orders: int = 3,
    progress: Progress | None = None,
) -> Comparison:
    """Measures the online codelength of labels y (n,) given each representation (n, ...), by its name.

    All are seen by the same `model` (see `compare`; with none, standardized logistic regression) in the same
    orders of the labels. Representations must not have been made by looking at these labels, or the number
    means nothing. Raises InputError for no mapping, for fewer than two, for one that cannot be used as
    inputs, and where their lengths differ.
    """
    if not isinstance(representations, Mapping) or len(representations) < 2:
        raise InputError('probing takes two representations or more, by name: {"pixels": x, "PCA": z}')
    parts = {name: _read(name, values) for name, values in representations.items()}
    if len({len(part) for part in parts.values()}) > 1:
        lengths = ", ".join(f"{name!r} has {len(part)}" for name, part in parts.items())
        raise InputError(f"representations must have a row for each label, all as many: {lengths}")
    flat = {name: part.reshape(len(part), math.prod(part.shape[1:])) for name, part in parts.items()}
    learner = as_learner(_standard() if model is None else model)
    ends = np.cumsum([part.shape[1] for part in flat.values()]).tolist()
    learners = {
        name: Columns(learner, start, end) for name, start, end in zip(flat, [0, *ends], ends, strict=False)
    }
    together = np.concatenate(list(flat.values()), axis=1, dtype=np.float64)
    return compare(learners, together, y, classes=classes, orders=orders, progress=progress)


def _read(name: str, values: Any) -> Array:
    try:
        return as_inputs(values)
    except InputError as error:
        raise InputError(f"the representation {name!r} cannot be used: {error}") from None


def _standard() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
