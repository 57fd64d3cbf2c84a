from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codelength.data import load
from codelength.errors import DataError

CSV = "size,colour,kind,wet\n1.5,red,cat,True\n2,blue,dog,False\n-3,red,cat,True\n"
X = [[1.5, 0, 1, 1], [2, 1, 0, 0], [-3, 0, 1, 1]]


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def both(tmp_path, frame):
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet", index=False)
    return tmp_path / "t.csv", tmp_path / "t.parquet"


def test_csv(tmp_path):
    data = load(write(tmp_path / "pets.csv", CSV), target="kind")
    np.testing.assert_array_equal(data.x, X)
    assert (data.name, data.x.dtype, data.classes, data.x_test) == ("pets.csv", np.float64, None, None)
    assert data.y.tolist() == ["cat", "dog", "cat"]
    assert data.y.dtype.kind == "U"


def test_parquet_follows_the_same_rule(tmp_path):
    frame = pd.read_csv(write(tmp_path / "pets.csv", CSV))
    frame.to_parquet(tmp_path / "pets.parquet")
    data = load(tmp_path / "pets.parquet", target="kind")
    np.testing.assert_array_equal(data.x, X)
    assert data.y.tolist() == ["cat", "dog", "cat"]


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ([3, -1, 2], "i"),
        ([True, False, True], "b"),
        (["a", "None", "NA"], "U"),
        ([0.5, 1.0, 0.5], "f"),
        (["x", "1", "2"], "U"),
    ],
)
def test_labels_of_all_kinds(tmp_path, labels, kind):
    for path in both(tmp_path, pd.DataFrame({"a": [1, 2, 3], "y": labels})):
        y = load(path, target="y").y
        assert y.tolist() == labels
        assert y.dtype.kind == kind


@pytest.mark.parametrize("dtype", ["category", "string", "Int64", "boolean", "uint8"])
def test_labels_of_pandas_own_types(tmp_path, dtype):
    labels = {"Int64": [1, 2, 1], "boolean": [True, False, True], "uint8": [3, 255, 0]}.get(
        dtype, list("bab")
    )
    pd.DataFrame({"a": [1, 2, 3], "y": pd.Series(labels, dtype=dtype)}).to_parquet(tmp_path / "t.parquet")
    y = load(tmp_path / "t.parquet", target="y").y
    assert y.tolist() == labels
    assert y.dtype.kind in "iubU"


def test_bob_needs_no_target_column(tmp_path):
    frame = pd.DataFrame({"a": [1.0, 2.0], "y": ["u", "v"], "b": ["p", "q"]})
    for alice in both(tmp_path, frame):
        with_target = load(alice, target="y", labels=False)
        (tmp_path / "bob").mkdir(exist_ok=True)
        bob = next(p for p in both(tmp_path / "bob", frame.drop(columns="y")) if p.suffix == alice.suffix)
        without = load(bob, target="y", labels=False)
        np.testing.assert_array_equal(with_target.x, without.x)
        np.testing.assert_array_equal(with_target.x, load(bob, labels=False).x)
        np.testing.assert_array_equal(with_target.x, load(alice, target="y").x)
        assert with_target.y is without.y is None


def test_an_index_of_pandas_is_a_column_like_others_but_for_bare_row_numbers(tmp_path):
    frame = pd.DataFrame({"a": [1, 2, 4], "y": ["u", "v", "u"], "b": [3, 4, 5]}, index=[7, 8, 9])
    path = tmp_path / "t.parquet"
    for indexed in (frame, frame.set_index("y"), frame.set_index("a")):
        indexed.to_parquet(path)
        found = load(path, target="y")
        assert found.y.tolist() == ["u", "v", "u"]
        assert sorted(found.x[0].tolist()) == [1, 3]
    frame.to_csv(tmp_path / "t.csv")
    with pytest.raises(DataError, match="index=False"):
        load(tmp_path / "t.csv", target="y")


def test_bob_does_not_parse_the_target(tmp_path, monkeypatch):
    asked = []

    def spy(read, key):
        def reading(*args, **kwargs):
            asked.append(kwargs[key])
            return read(*args, **kwargs)

        return reading

    monkeypatch.setattr(pd, "read_csv", spy(pd.read_csv, "usecols"))
    monkeypatch.setattr(pyarrow.parquet, "read_table", spy(pyarrow.parquet.read_table, "columns"))
    for path in both(tmp_path, pd.DataFrame({"a": [1, 2], "y": [0, 1], "b": [3, 4]})):
        load(path, target="y", labels=False)
    assert asked == [[0, 2], ["a", "b"]]


def test_bob_survives_a_target_that_cannot_be_read(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": [1, 2], "y": ["u", "v"]}).to_parquet(path)
    chunk = pyarrow.parquet.ParquetFile(path).metadata.row_group(0).column(1)
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(content)
    assert load(path, target="y", labels=False).x.tolist() == [[1], [2]]
    with pytest.raises(DataError, match="cannot be read"):
        load(path, target="y")


def test_target_must_be_named_and_known(tmp_path):
    path = write(tmp_path / "pets.csv", CSV)
    with pytest.raises(DataError, match="--target COLUMN"):
        load(path)
    with pytest.raises(DataError, match=r"no column 'breed' \(it has size, colour, kind, wet\)"):
        load(path, target="breed")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,y\n1,\n2,x\n", "1 of the 2 labels in 'y' are missing"),
        ("a,b,c,y\n1,,p,u\n2,3,,v\n", "missing in 'b', 'c'"),
        ("a,y\ninf,u\n2,v\n", "'a' are infinite"),
        ("y\nu\nv\n", "no column of inputs"),
        ("", "no column"),
        ("a,y\n" + "".join(f"name{i},u\n" for i in range(30)), "'a' holds 30 different strings in 30 rows"),
        ("a,y\n" + "".join(f"2020-{i},u\n" for i in range(30)), "names, dates or texts"),
        ("a,a,y\n1,2,u\n", "more than one column named 'a'"),
        ("a,y\n0,1,u\n1,2,v\n", "row 2 has 3 fields, the header 2"),
        ("a,y\n1,u\n2\n", "row 3 has 1 fields, the header 2"),
        ("a,y\n" + "".join(f"name{i},u\n" for i in range(1001)), "1001 different strings"),
    ],
)
def test_unusable_csv(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        load(write(tmp_path / "t.csv", text), target="y")


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pd.to_datetime(["2020-01-01", "2020-01-02"]), "dates and times"),
        (pd.to_timedelta([1, 2], unit="s"), "dates and times"),
        ([b"raw", b"bytes"], "column 'a' holds bytes"),
        ([[1, 2], [3]], "column 'a' holds"),
        ([1.0, None], "missing in 'a'"),
    ],
)
def test_unusable_columns(tmp_path, column, message):
    pd.DataFrame({"a": column, "y": [0, 1]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=message):
        load(tmp_path / "t.parquet", target="y")


def test_unusable_labels(tmp_path):
    frame = pd.DataFrame({"a": [1, 2], "y": pd.to_datetime(["2020-01-01", "2020-01-02"])})
    frame.to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match="labels in 'y' are datetime64"):
        load(tmp_path / "t.parquet", target="y")


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_other_bytes(tmp_path, name):
    (tmp_path / name).write_bytes(b"\xff\xfe\x00PAR1")
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path / name, target="y")


def test_no_rows(tmp_path):
    data = load(write(tmp_path / "t.csv", "a,y\n"), target="y")
    assert (len(data.x), data.y.shape) == (0, (0,))


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=5)


@given(st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), texts), min_size=1, max_size=8))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parquet_round_trip(tmp_path, rows):
    frame = pd.DataFrame(rows, columns=["a", "y"])
    frame.to_parquet(tmp_path / "t.parquet")
    data = load(tmp_path / "t.parquet", target="y")
    assert data.x[:, 0].tolist() == [a for a, _ in rows]
    assert data.y.tolist() == [y for _, y in rows]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_csv_keeps_floats(tmp_path, values):
    path = write(tmp_path / "t.csv", "a,y\n" + "".join(f"{value!r},u\n" for value in values))
    x = load(path, target="y").x[:, 0]  # exact from pandas 3.1 on; before, to a unit in the last place
    np.testing.assert_allclose(x, values, rtol=1e-15, atol=5e-324)
