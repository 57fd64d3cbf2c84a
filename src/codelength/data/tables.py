"""A user's own data: arrays in an .npz file, or a table as .csv or .parquet with a target column."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zipfile import BadZipFile
from zlib import error as ZlibError

import numpy as np

from codelength.data.arrays import Array, as_inputs
from codelength.data.dataset import DataSet
from codelength.errors import DataError, InputError

if TYPE_CHECKING:
    import pandas as pd

# what NumPy and zipfile raise on a damaged member, absurd shapes (no memory) and encryption included
_DAMAGE = (OSError, EOFError, ValueError, BadZipFile, ZlibError, RuntimeError, MemoryError)


def load_npz(path: Path, *, labels: bool = True, test: bool = True) -> DataSet:
    """Arrays `x` (n, ...) and `y` (n,), and `x_test`, `y_test` where the file has them.

    With `labels=False` the members `y` and `y_test` are not read, and may be missing. Nothing is
    unpickled. Raises DataError.
    """
    try:
        archive = np.load(path, allow_pickle=False)
    except (OSError, EOFError, ValueError, BadZipFile) as error:
        raise DataError(f"{path} is no .npz file that can be read: {error}") from None
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise DataError(f"{path} holds a single array; save it with numpy.savez(path, x=..., y=...)")
    with archive:
        for name in ("x", "y") if labels else ("x",):
            if name not in archive.files:
                has = ", ".join(archive.files) or "nothing"
                raise DataError(f"{path} has no array {name!r} (it has {has})")
        wanted = {"x": True, "y": labels, "x_test": test, "y_test": test and labels}
        arrays = {name: _member(path, archive, name) for name, asked in wanted.items() if asked}
    return DataSet(path.name, cast(Array, arrays.pop("x")), **arrays)


def _member(path: Path, archive: Any, name: str) -> Array | None:
    if name not in archive.files:
        return None
    try:
        array: Array = archive[name]
        return as_inputs(array) if name.startswith("x") else array
    except _DAMAGE as error:
        raise DataError(f"{path}: {name}: {error}") from None


def load_table(path: Path, target: str | None, *, labels: bool = True) -> DataSet:
    """Inputs (n, F) float64 from all columns but `target`, labels (n,) from `target`.

    With `labels=False` the target's column is not parsed, and may be missing: then `target` is not needed,
    either. Raises DataError.
    """
    if target is None and labels:
        raise DataError(
            f"{path.name} is a table: say which column holds the labels, "
            "with --target COLUMN on the command line, target= in Python"
        )
    from codelength.data.frames import encoded, labels_of

    columns = _columns(path)
    if labels and target not in columns:
        raise DataError(f"{path} has no column {target!r} (it has {', '.join(columns)})")
    inputs = [name for name in columns if name != target]
    if not inputs:
        raise DataError(f"{path} has no column of inputs" + (f" beside {target!r}" if target else ""))
    try:
        x = encoded(_read(path, columns, inputs))
        y = None
        if target is not None and labels:
            y = labels_of(target, _read(path, columns, [target], labels=True).iloc[:, 0])
    except InputError as error:
        raise DataError(f"{path}: {error}") from None
    return DataSet(path.name, x, y)


def _columns(path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        names = _csv_header(path) if path.suffix == ".csv" else _parquet_columns(path)
    except (OSError, ValueError, csv.Error, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    twice = sorted({name for name in names if names.count(name) > 1})
    if "" in names:
        raise DataError(
            f"{path} has a column without a name, as pandas writes the numbers of rows: give it one, or save "
            "the table with index=False"
        )
    if twice:  # a second target would pass as an input
        raise DataError(f"{path} has more than one column named {', '.join(map(repr, twice))}")
    return names


def _parquet_columns(path: Path) -> list[str]:
    """All columns, those that were an index of pandas too, but its bare numbers of rows."""
    import pyarrow.parquet

    names = pyarrow.parquet.read_schema(path).names
    return [name for name in names if not re.fullmatch(r"__index_level_\d+__", name)]


def _csv_header(path: Path) -> list[str]:
    """The first row, once all others are known to be as long: pandas would shift or cut them in silence."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        rows = (row for row in csv.reader(stream) if row)
        header = next(rows, [])
        for i, row in enumerate(rows, start=2):
            if len(row) != len(header):
                raise ValueError(f"row {i} has {len(row)} fields, the header {len(header)}")
    return header


def _read(path: Path, columns: list[str], names: list[str], *, labels: bool = False) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet

    try:
        if path.suffix == ".parquet":
            found: pd.DataFrame = pyarrow.parquet.read_table(path, columns=names).to_pandas(
                ignore_metadata=True  # else a column that was an index is none
            )
            return found[names]
        return pd.read_csv(
            path,
            usecols=[columns.index(name) for name in names],
            index_col=False,
            low_memory=False,  # a column has one type, whatever the length of the file
            encoding="utf-8-sig",
            keep_default_na=not labels,  # "NA" and "None" are fine names for a class
            na_values=[""] if labels else None,
        )
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
