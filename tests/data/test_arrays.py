from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from codelength.data import as_inputs
from codelength.data.arrays import alike, all_finite
from codelength.errors import InputError

DTYPES = [np.bool_, np.uint8, np.int8, np.int32, np.int64, np.uint64, np.float16, np.float32, np.float64]


@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_are_taken_as_they_are(dtype):
    x = np.ones((3, 2, 2), dtype)
    assert np.shares_memory(as_inputs(x), x)
    assert as_inputs(x).dtype == dtype
    assert as_inputs(x[0, 0]).shape == (2, 1)
    assert as_inputs(x[:0]).shape == (0, 2, 2)


def test_lists():
    assert as_inputs([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert as_inputs([0.5, 1.5]).tolist() == [[0.5], [1.5]]


def test_mapped_arrays_stay_mapped(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((4, 3)))
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert np.shares_memory(as_inputs(x), x)


def test_foreign_byte_order_is_turned():
    x = as_inputs(np.arange(6, dtype=">f4").reshape(2, 3))
    assert x.dtype.isnative
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_frames():
    frame = pd.DataFrame({"b": [2, 1], "colour": ["red", "blue"], "wet": [True, False]}, index=[7, 3])
    assert as_inputs(frame).tolist() == [[2, 0, 1, 1], [1, 1, 0, 0]]
    assert as_inputs(pd.Series([1, 2])).tolist() == [[1], [2]]
    assert as_inputs(pd.DataFrame(index=range(3))).shape == (3, 0)
    nullable = pd.DataFrame({"i": pd.array([1, 2], "Int64"), "b": pd.array([True, False], "boolean")})
    assert as_inputs(nullable).tolist() == [[1, 1], [2, 0]]
    twice = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
    assert as_inputs(twice).tolist() == [[1, 2], [3, 4]]


def test_declared_categories_keep_their_columns():
    sizes = pd.Categorical(["s", "l", "s"], categories=["s", "m", "l"])
    assert as_inputs(pd.DataFrame({"size": sizes})).tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1]]
    assert as_inputs(pd.DataFrame({"n": pd.Categorical([10, 9])})).tolist() == [[0, 1], [1, 0]]


def test_other_tables_are_read_as_the_first_was():
    read = alike(pd.DataFrame({"k": ["b", "a", "b"], "z": [1, 2, 3], "s": pd.Categorical([2, 1, 2])}))
    other = pd.DataFrame({"s": [1, 1], "k": ["b", "b"], "z": [0.5, 2]}, index=[9, 8])
    assert read(other).tolist() == [[0, 1, 0.5, 1, 0], [0, 1, 2, 1, 0]]
    assert read(other[:0]).shape == (0, 5)
    assert read([[1, 2]]).tolist() == [[1, 2]]
    assert alike(pd.Series([1, 2], name="a"))(pd.Series([3], name="b")).tolist() == [[3]]
    assert alike(pd.DataFrame([[1, 2]], columns=["a", "a"]))(
        pd.DataFrame([[3, 4]], columns=["a", "a"])
    ).tolist() == [[3, 4]]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"k": ["c", "a"]}, "'k' holds 'c', none of its 2 categories"),
        ({"k": [1, 2]}, "'k' holds 1, none"),
        ({"k": [b"a", b"b"]}, "'k' holds bytes"),
        ({"k": ["a", None]}, "missing in 'k'"),
        ({"z": ["1", "2"]}, "'z' holds string values, and held numbers"),
        ({"z": [1, np.inf]}, "'z' are infinite"),
        ({"more": [1, 2]}, r"missing: none; additional: 'more'"),
        ({"z": None}, r"missing: 'z'; additional: none"),
    ],
)
def test_other_tables_that_are_not_as_the_first_was(changed, message):
    first = {"k": ["a", "b"], "z": [1, 2]}
    other = {name: column for name, column in (first | changed).items() if column is not None}
    with pytest.raises(InputError, match=message):
        alike(pd.DataFrame(first))(pd.DataFrame(other))


def test_tables_that_are_read_apart_declare_their_categories():
    table = pd.DataFrame({"k": ["a", "b", "c"], "z": [1, 2, 3]})
    for read in (alike(np.ones((2, 2))), lambda x: as_inputs(x, declared=True)):
        with pytest.raises(InputError, match="'k': declare"):
            read(table)
        assert read(table.astype({"k": "category"})[:1]).tolist() == [[1, 0, 0, 1]]


def test_strings_that_are_no_categories():
    names = [f"name{i}" for i in range(41)]
    with pytest.raises(InputError, match=r"'a' holds 41 different strings in 81 rows.*drop it"):
        as_inputs(pd.DataFrame({"a": [*names, *names[1:]]}))
    assert as_inputs(pd.DataFrame({"a": 2 * names})).shape == (82, 41)
    assert as_inputs(pd.DataFrame({"a": names[:20]})).shape == (20, 20)
    assert as_inputs(pd.DataFrame({"a": pd.Categorical(names)})).shape == (41, 41)
    with pytest.raises(InputError, match="1001 different strings, more than the 1000"):
        as_inputs(pd.DataFrame({"a": pd.Categorical(map(str, range(1001)))}))


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1.0, np.nan], "missing in 'a'"),
        ([1.0, np.inf], "'a' are infinite"),
        (["x", None], "missing in 'a'"),
        (["x", 1], "column 'a' holds mixed"),
        ([1j, 2j], "column 'a' holds complex"),
        (pd.Categorical([1, "x"]), "categories of column 'a'"),
        (pd.to_datetime(["2020", "2021"]), "dates and times"),
    ],
)
def test_frames_that_cannot_be_used(column, message):
    with pytest.raises(InputError, match=message):
        as_inputs(pd.DataFrame({"a": column}))


def test_tensors():
    torch = pytest.importorskip("torch")
    x = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    assert as_inputs(x).tolist() == x.tolist()
    for tensor in (x.clone().requires_grad_(), x.to(torch.bfloat16)):
        with pytest.raises(InputError, match=r"give x\.detach\(\)\.float\(\)"):
            as_inputs(tensor)
        assert as_inputs(tensor.detach().float()).tolist() == x.tolist()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((2, 2), complex), "complex128"),
        (np.array([[1, None]], dtype=object), "dtype object"),
        ([["a", "b"]], "dtype <U1"),
        ([[1, 2], [3]], "cannot be made an array"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), "datetime64"),
        (np.float64(3.0), "single number"),
        (None, "dtype object"),
        ([[1.0, np.nan]], "NaN"),
        (np.array([[-np.inf]], np.float16), "NaN or inf"),
        (scipy.sparse.csr_matrix(np.eye(3)), "dense"),
        (scipy.sparse.csr_array(np.eye(3)), "dense"),
        (np.ma.masked_array([1.0, 2.0], mask=[False, True]), "masked"),
    ],
)
def test_inputs_that_cannot_be_used(x, message):
    with pytest.raises(InputError, match=message):
        as_inputs(x)


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="no longer float on this platform")
def test_longer_floats():
    with pytest.raises(InputError, match="16, 32 or 64"):
        as_inputs(np.ones(3, np.longdouble))


@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0), elements=st.floats(width=32))
)
def test_finite_in_pieces_is_finite_at_once(x):
    from codelength.data import arrays

    before, arrays._CHUNK = arrays._CHUNK, 3
    try:
        assert all_finite(x) == bool(np.isfinite(x).all())
    finally:
        arrays._CHUNK = before
