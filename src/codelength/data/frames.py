"""Tables as numbers, by one rule for CSV, Parquet and DataFrames: numbers stay, strings become one-hot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from codelength.data.arrays import Array, all_finite
from codelength.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

MOST_CATEGORIES = 1000  # a column with more different strings is a name or a text, not a category

_NUMBERS = {"integer", "floating", "boolean", "mixed-integer-float"}


def encoded(table: pd.DataFrame | pd.Series[Any]) -> Floats:
    """A table of n rows as float64 (n, F), columns in the table's order.

    Numbers and booleans take one column each; strings and categories take one column a category, in
    sorted order. Raises InputError, naming the columns, for missing or infinite values, dates and
    times, objects, and more than MOST_CATEGORIES categories.
    """
    import pandas as pd  # here and below: importing codelength.data stays quick

    frame = table.to_frame() if isinstance(table, pd.Series) else table
    names = [str(name) for name in frame.columns]
    gaps = frame.isna().any().tolist()  # by position: names may repeat
    missing = [repr(name) for name, gap in zip(names, gaps, strict=True) if gap]
    if missing:
        raise InputError(f"values are missing in {', '.join(missing)}; fill or drop them first")
    columns = [_column(name, frame.iloc[:, i]) for i, name in enumerate(names)]
    return np.concatenate(columns, axis=1) if columns else np.empty((len(frame), 0))


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


def _column(name: str, column: pd.Series[Any]) -> Floats:
    kind = _kind(column)
    if kind in _NUMBERS:
        numbers = column.to_numpy(dtype=np.float64)[:, None]
        if not all_finite(numbers):
            raise InputError(f"values in {name!r} are infinite; replace them first")
        return numbers
    if kind in {"string", "categorical", "empty"}:
        return _one_hot(name, column)
    hint = "write dates and times as numbers" if "date" in kind or "time" in kind else "drop it, or encode it"
    raise InputError(f"column {name!r} holds {kind} values, not numbers, booleans or strings; {hint}")


def _one_hot(name: str, column: pd.Series[Any]) -> Floats:
    values = column.tolist()
    # declared categories keep their columns even where no row has them: splits of a table stay alike
    found = column.cat.categories.tolist() if _kind(column) == "categorical" else set(values)
    if not (all(isinstance(c, str) for c in found) or all(isinstance(c, int | float) for c in found)):
        raise InputError(f"the categories of column {name!r} must be all strings or all numbers")
    if len(found) > MOST_CATEGORIES:
        raise InputError(
            f"column {name!r} holds {len(found)} different strings, more than the {MOST_CATEGORIES} "
            "that are made one-hot; drop it, or turn it into numbers"
        )
    place = {category: i for i, category in enumerate(sorted(found))}
    table = np.zeros((len(values), len(place)))
    table[np.arange(len(values)), [place[value] for value in values]] = 1.0
    return table
