"""Tables as numbers, by one rule for CSV, Parquet and DataFrames: numbers stay, strings become one-hot."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from codelength.data.arrays import Array, all_finite
from codelength.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

MOST_CATEGORIES = 1000  # in a column; more different strings are names or texts, declared or not
FEW_CATEGORIES = 20  # more strings that come less than twice each in the mean are names, dates or texts, too

_NUMBERS = {"integer", "floating", "boolean", "mixed-integer-float"}
_CATEGORIES = {"string", "categorical", "empty"}


def encoded(table: pd.DataFrame | pd.Series[Any], *, declared: bool = False) -> Floats:
    """A table of n rows as float64 (n, F), by the encoding made of it. Raises what `Encoding` raises."""
    return Encoding.of(table, declared=declared)(table)


@dataclasses.dataclass(frozen=True)
class Encoding:
    """How tables become numbers: the columns of the one it was made of, in that table's order.

    Numbers and booleans take one column each; strings and categories take one column a category, in
    sorted order.
    """

    names: tuple[Hashable, ...]
    categories: tuple[tuple[Any, ...] | None, ...]  # of each column; None for numbers

    @classmethod
    def of(cls, table: pd.DataFrame | pd.Series[Any], *, declared: bool = False) -> Encoding:
        """That of a table's columns. With `declared`, strings must be of pandas' dtype "category".

        Raises InputError, naming the columns, for missing values, dates and times, objects, and strings
        that are no categories: nearly as many as there are rows, or more than MOST_CATEGORIES.
        """
        frame = _whole(table)
        columns = [(str(name), frame.iloc[:, i]) for i, name in enumerate(frame.columns)]  # names may repeat
        undeclared = [repr(name) for name, column in columns if _kind(column) == "string"]
        if declared and undeclared:
            raise InputError(
                f"these rows alone do not tell the categories of {', '.join(undeclared)}: declare them, by "
                'df.astype({name: "category"}) on the whole table before it is split, or give numbers'
            )
        return cls(tuple(frame.columns), tuple(_categories(name, column) for name, column in columns))

    def __call__(self, table: pd.DataFrame | pd.Series[Any]) -> Floats:
        """A table with the same columns, in any order, as float64 (n, F).

        Raises InputError, naming the columns, for those that are missing, additional or of another kind,
        for unknown categories, and for missing or infinite values.
        """
        frame = self._ordered(table)
        columns = [
            _numbers(str(name), column) if known is None else _one_hot(str(name), column, known)
            for name, known, (_, column) in zip(self.names, self.categories, frame.items(), strict=True)
        ]
        return np.concatenate(columns, axis=1) if columns else np.empty((len(frame), 0))

    def _ordered(self, table: pd.DataFrame | pd.Series[Any]) -> pd.DataFrame:
        """The table's columns as those of the first one stood."""
        frame = _whole(table)
        if frame is not table and len(self.names) == 1:
            return frame  # the one column of a Series goes by no name
        names = tuple(frame.columns)
        if names == self.names:
            return frame
        missing = [repr(name) for name in self.names if name not in names]
        additional = [repr(name) for name in names if name not in self.names]
        if missing or additional or len(names) != len(self.names) or len(set(names)) < len(names):
            raise InputError(
                f"the columns must be those of the first table (missing: {', '.join(missing) or 'none'}; "
                f"additional: {', '.join(additional) or 'none'}), each once"
            )
        return frame[list(self.names)]


def _whole(table: pd.DataFrame | pd.Series[Any]) -> pd.DataFrame:
    """A table or one column as a table. Raises InputError, naming the columns, where values are missing."""
    import pandas as pd  # here and below: importing codelength.data stays quick

    frame = table.to_frame() if isinstance(table, pd.Series) else table
    gaps = frame.isna().any().tolist()  # by position: names may repeat
    missing = [repr(str(name)) for name, gap in zip(frame.columns, gaps, strict=True) if gap]
    if missing:
        raise InputError(f"values are missing in {', '.join(missing)}; fill or drop them first")
    return frame


def labels_of(name: str, column: pd.Series[Any]) -> Array:
    """A table's target (n,) as an array of integers, booleans, floats or strings (never objects).

    Raises InputError where a label is missing, or is none of these.
    """
    missing = int(column.isna().sum())
    if missing:
        raise InputError(f"{missing} of the {len(column)} labels in {name!r} are missing; drop those rows")
    if _kind(column) == "categorical":
        column = column.astype(column.cat.categories.dtype)
    kind = _kind(column)
    if kind in {"string", "empty"}:
        return np.array(column.tolist(), dtype=np.str_)
    if kind in {"integer", "floating", "boolean"}:
        plain = isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf"
        values = column.to_numpy() if plain else np.array(column.tolist())
        if values.dtype.kind in {"integer": "iu", "floating": "f", "boolean": "b"}[kind]:
            return values
    raise InputError(f"the labels in {name!r} are {kind}; they must be whole numbers, booleans or strings")


def _kind(column: pd.Series[Any]) -> str:
    from pandas.api.types import infer_dtype

    return infer_dtype(column, skipna=False)


def _categories(name: str, column: pd.Series[Any]) -> tuple[Any, ...] | None:
    """The categories of a column, sorted; None for numbers."""
    kind = _kind(column)
    if kind in _NUMBERS:
        return None
    if kind not in _CATEGORIES:
        raise _unusable(name, kind)
    # declared categories keep their columns even where no row has them: splits of a table stay alike
    found = set((column.cat.categories if kind == "categorical" else column).tolist())
    if not (all(isinstance(c, str) for c in found) or all(isinstance(c, int | float) for c in found)):
        raise InputError(f"the categories of column {name!r} must be all strings or all numbers")
    if kind == "string" and len(found) > max(FEW_CATEGORIES, len(column) / 2):
        raise InputError(
            f"column {name!r} holds {len(found)} different strings in {len(column)} rows: names, dates or "
            "texts, not categories; drop it, or turn it into numbers"
        )
    if len(found) > MOST_CATEGORIES:
        raise InputError(
            f"column {name!r} holds {len(found)} different strings, more than the {MOST_CATEGORIES} "
            "that are made one-hot; drop it, or turn it into numbers"
        )
    return tuple(sorted(found))


def _unusable(name: str, kind: str) -> InputError:
    hint = "write dates and times as numbers" if "date" in kind or "time" in kind else "drop it, or encode it"
    return InputError(f"column {name!r} holds {kind} values, not numbers, booleans or strings; {hint}")


def _numbers(name: str, column: pd.Series[Any]) -> Floats:
    if (kind := _kind(column)) not in _NUMBERS:
        raise InputError(f"column {name!r} holds {kind} values, and held numbers in the first table")
    numbers = column.to_numpy(dtype=np.float64)[:, None]
    if not all_finite(numbers):
        raise InputError(f"values in {name!r} are infinite; replace them first")
    return numbers


def _one_hot(name: str, column: pd.Series[Any], categories: tuple[Any, ...]) -> Floats:
    if (kind := _kind(column)) not in _CATEGORIES | _NUMBERS:  # numbers can be categories, too
        raise _unusable(name, kind)
    place = {category: i for i, category in enumerate(categories)}
    values = column.tolist()
    unknown = next((value for value in values if value not in place), None)
    if unknown is not None:
        raise InputError(
            f"column {name!r} holds {unknown!r:.80}, none of its {len(place)} categories in the first table"
        )
    table = np.zeros((len(values), len(place)))
    table[np.arange(len(values)), [place[value] for value in values]] = 1.0
    return table
