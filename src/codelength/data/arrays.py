"""What becomes of a user's inputs: one array of finite numbers, not copied where it need not be."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np
import numpy.typing as npt

from codelength.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Array: TypeAlias = npt.NDArray[Any]

_FLOATS = (2, 4, 8)  # bytes: float16, float32, float64
_CHUNK = 1 << 20  # numbers looked at together, so that a mapped array is never held whole


def as_inputs(x: Any, *, declared: bool = False) -> Array:
    """Inputs as an array (n, ...) of finite booleans, integers or floats (16, 32 or 64 bits).

    `x` is an array, a nested list, a pandas DataFrame or Series (strings become one-hot columns,
    as in a CSV file), or anything with `__array__`, such as a torch tensor on the CPU. Numbers
    given as (n,) become (n, 1). A memory-mapped array stays mapped.

    With `declared`, a DataFrame's strings must have declared categories, for other rows of the table are
    read elsewhere. Raises InputError for anything else: strings, objects, complex numbers, sparse matrices,
    ragged lists, missing or infinite values, columns with nearly as many strings as rows.
    """
    array = _as_array(x, declared)
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind not in "biuf" or (kind == "f" and size not in _FLOATS):
        raise InputError(
            f"inputs of dtype {array.dtype} cannot be used: give booleans, integers or floats of 16, 32 "
            "or 64 bits (in a DataFrame, columns of strings are made one-hot)"
        )
    if array.ndim == 0:
        raise InputError("inputs must be an array of shape (n, ...), not a single number")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))  # torch takes no foreign byte order
    if array.ndim == 1:
        array = array[:, None]
    if not all_finite(array):
        raise InputError("inputs hold missing or infinite values (NaN or inf); fill or drop them first")
    return array


def alike(x: Any) -> Callable[[Any], Array]:
    """What reads other inputs (m, ...) as `x` was read: tables by the columns and categories of `x`.

    Where `x` is no table, a table's strings must have declared categories. It raises what `as_inputs`
    raises, and InputError for other columns and unknown categories.
    """
    if not _is_frame(x):
        return functools.partial(as_inputs, declared=True)
    from codelength.data.frames import Encoding  # only here: whoever has a frame has pandas

    encoding = Encoding.of(x)
    return lambda other: encoding(other) if _is_frame(other) else as_inputs(other)


def standard(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of one input of inputs (n, ...) of that shape: (features,) or (channels, height, width)."""
    if len(shape) == 3:
        return 1, *shape[1:]
    return (shape[3], *shape[1:3]) if is_channels_last(shape) else tuple(shape[1:])


def is_channels_last(shape: tuple[int, ...]) -> bool:
    """Whether inputs of that shape are pictures (n, height, width, channels)."""
    return len(shape) == 4 and shape[1] > 4 and shape[3] in (1, 3, 4)


def all_finite(array: Array) -> bool:
    """Whether an array (n, ...) holds no NaN and no infinity; looks at a few rows at a time."""
    if array.dtype.kind != "f" or array.size == 0:
        return True
    step = max(1, _CHUNK // (array.size // len(array)))
    return all(bool(np.isfinite(array[i : i + step]).all()) for i in range(0, len(array), step))


def _as_array(x: Any, declared: bool) -> Array:
    if _is_frame(x):
        from codelength.data.frames import encoded  # as above

        return encoded(x, declared=declared)
    if hasattr(x, "todense"):
        raise InputError("sparse inputs cannot be used; make them dense first: x.toarray()")
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        raise InputError("inputs hold masked (missing) values; fill or drop them first")
    try:
        return np.asarray(x)
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        hint = "; of a tensor, give x.detach().float().cpu()" if hasattr(x, "detach") else ""
        raise InputError(f"inputs cannot be made an array: {str(error).rstrip('.')}{hint}") from None


def _is_frame(x: Any) -> TypeGuard[pd.DataFrame | pd.Series[Any]]:
    pandas = sys.modules.get("pandas")  # not imported yet: then x is no frame either
    return pandas is not None and isinstance(x, pandas.DataFrame | pandas.Series)
