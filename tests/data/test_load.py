from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from codelength.data import DataSet, load
from codelength.errors import DataError, InputError


def test_digits():
    data = load("digits")
    assert (data.name, data.x.shape, data.x.dtype) == ("digits", (1797, 8, 8), np.uint8)
    assert (data.x.min(), data.x.max()) == (0, 16)
    assert (data.y.shape, data.y.dtype) == ((1797,), np.int64)
    assert np.bincount(data.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert data.classes.tolist() == list(range(10))
    assert data.x_test is data.y_test is None
    bob = load("digits", labels=False)
    np.testing.assert_array_equal(bob.x, data.x)
    assert bob.y is None


def test_bob_reads_no_label_of_digits(monkeypatch):
    lines = [",".join(["1"] * 64 + ["no number"])] * 2
    monkeypatch.setattr(np, "loadtxt", lambda _, *given, read=np.loadtxt, **how: read(lines, *given, **how))
    assert load("digits", labels=False).x.shape == (2, 8, 8)
    with pytest.raises(ValueError, match="no number"):
        load("digits")


@pytest.mark.parametrize("name", ["imagenet", "data.txt", Path("folder")])
def test_unknown_names(name):
    with pytest.raises(DataError, match=r"digits, mnist, cifar10.*\.npz, \.csv or \.parquet"):
        load(name)


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match="there is no file"):
        load(tmp_path / "absent.npz")


def test_arrays_are_no_name():
    with pytest.raises(InputError, match="ndarray"):
        load(np.zeros(3))


def test_import_is_quick():
    code = (
        "import sys, codelength.data; "
        "print([m for m in ('pandas', 'pyarrow', 'sklearn', 'pooch', 'torch', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_data_set_is_frozen_and_checked():
    data = DataSet("mine", np.zeros((3, 2)), np.arange(3))
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.y = None
    bad = [
        ({"y": np.arange(4)}, "4 labels for 3 inputs"),
        ({"y": np.zeros((3, 1))}, "shape"),
        ({"y": np.array([1, None, 2])}, "dtype object"),
        ({"y": np.array([1.0, np.nan, 2.0])}, "missing"),
        ({"x_test": np.zeros((3, 4))}, "must be alike"),
        ({"x_test": np.zeros((5, 2)), "y_test": np.arange(3)}, "y_test holds 3 labels for 5"),
        ({"y_test": np.arange(3)}, "no test inputs"),
    ]
    for fields, message in bad:
        with pytest.raises(DataError, match=message):
            DataSet("mine", np.zeros((3, 2)), **fields)
