"""A data set as one end holds it: the inputs, and at Alice's end the labels."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from codelength.data.arrays import Array
from codelength.errors import DataError

#: labels of these kinds from how they are written
_AS_WRITTEN: dict[str, Callable[[str], Any]] = {
    "b": {"False": False, "True": True}.__getitem__,
    "i": int,
    "u": int,
    "f": float,
}
_ROWS = 1024  # rows that are looked at together, so that mapped inputs stay on disk


@dataclasses.dataclass(frozen=True, eq=False)
class DataSet:
    """Inputs and labels in the order of the files they came from, checked against each other.

    Raises DataError when lengths or shapes do not go together, or a label is missing.
    """

    name: str
    x: Array  # (n, ...), uint8 for images
    y: Array | None = None  # (n,), None at Bob's end
    x_test: Array | None = None  # (m, ...)
    y_test: Array | None = None  # (m,)
    classes: Array | None = None  # (K,), sorted; None where the alphabet was not agreed in advance

    def __post_init__(self) -> None:
        _check_labels(f"{self.name}: y", self.y, self.x)
        if self.x_test is None:
            if self.y_test is not None:
                raise DataError(f"{self.name}: there are test labels (y_test) but no test inputs (x_test)")
            return
        if self.x_test.shape[1:] != self.x.shape[1:]:
            raise DataError(
                f"{self.name}: a test input has shape {self.x_test.shape[1:]}, "
                f"a training input {self.x.shape[1:]}; they must be alike"
            )
        _check_labels(f"{self.name}: y_test", self.y_test, self.x_test)

    @property
    def class_count(self) -> int | None:
        """K, where the alphabet was agreed in advance."""
        return None if self.classes is None else len(self.classes)

    def agreeing(self, names: Sequence[str]) -> DataSet:
        """With these classes agreed in advance, if any are named. Raises DataError for what is no label."""
        if self.y is None or not names:
            return self
        read = _AS_WRITTEN.get(self.y.dtype.kind, str)
        found = []
        for name in names:
            try:
                found.append(np.array(read(name), self.y.dtype if read is not str else None))
            except (ValueError, KeyError, OverflowError):
                raise DataError(
                    f"{self.name} has labels of dtype {self.y.dtype}, and the class {name!r} is none"
                ) from None
        classes = np.unique(np.stack(found))
        return dataclasses.replace(self, classes=classes)

    @functools.cached_property
    def digest(self) -> str:
        """Of all that it holds, in this order: tells data sets of one name from each other."""
        said = hashlib.blake2b(digest_size=16)
        for name, array in (("x", self.x), ("y", self.y), ("x_test", self.x_test), ("y_test", self.y_test)):
            if array is not None:
                said.update(name.encode())
                said.update(f"{array.dtype.str} {array.shape}".encode())
                for start in range(0, len(array), _ROWS):
                    said.update(array[start : start + _ROWS].tobytes())
        return said.hexdigest()

    def head(self, count: int) -> DataSet:
        """The first so many rows, under a name that says so; the test split is the whole one."""
        if count >= len(self.x):
            return self
        y = None if self.y is None else self.y[:count]
        return dataclasses.replace(self, name=f"{self.name}-{count}", x=self.x[:count], y=y)


def _check_labels(what: str, y: Array | None, x: Array) -> None:
    if y is None:
        return
    if y.ndim != 1:
        raise DataError(f"{what} must have shape (n,), not {y.shape}")
    if len(y) != len(x):
        raise DataError(f"{what} holds {len(y)} labels for {len(x)} inputs")
    if y.dtype.kind not in "biufU":
        raise DataError(f"{what} has dtype {y.dtype}; labels are whole numbers, booleans or strings")
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise DataError(f"{what} holds missing or infinite labels")
