from __future__ import annotations

import zipfile

import numpy as np
import pytest

from codelength.data import load
from codelength.errors import DataError

X = np.arange(12.0, dtype=np.float32).reshape(4, 3)
Y = np.array(["b", "a", "b", "c"])


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_arrays(tmp_path):
    path = save(tmp_path / "mine.npz", x=X, y=Y, x_test=X[:2], y_test=Y[:2])
    data = load(path)
    assert (data.name, data.x.dtype, data.classes) == ("mine.npz", np.float32, None)
    for got, want in ((data.x, X), (data.y, Y), (data.x_test, X[:2]), (data.y_test, Y[:2])):
        np.testing.assert_array_equal(got, want)
    assert load(path, test=False).x_test is None
    assert load(str(path)).y.tolist() == Y.tolist()


def test_one_number_a_row(tmp_path):
    assert load(save(tmp_path / "mine.npz", x=np.arange(4), y=Y)).x.shape == (4, 1)


def test_bob_needs_no_labels(tmp_path):
    data = load(save(tmp_path / "mine.npz", x=X, x_test=X), labels=False)
    np.testing.assert_array_equal(data.x, X)
    np.testing.assert_array_equal(data.x_test, X)
    assert data.y is None


def test_bob_reads_no_labels_that_are_there(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, x=X, y=Y, x_test=X, y_test=Y)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        for name in ("y.npy", "y_test.npy"):
            start = archive.getinfo(name).header_offset + 30  # past the local header: name, then data
            content[start : start + 64] = bytes(64)
    path.write_bytes(content)
    bob = load(path, labels=False)  # whoever read one of the members would trip over it
    np.testing.assert_array_equal(bob.x, X)
    assert bob.y is bob.y_test is None
    with pytest.raises(DataError, match=r"mine\.npz: y: "):
        load(path)


def test_lacking_arrays(tmp_path):
    with pytest.raises(DataError, match=r"no array 'y' \(it has x\)"):
        load(save(tmp_path / "a.npz", x=X))
    with pytest.raises(DataError, match=r"no array 'x' \(it has y\)"):
        load(save(tmp_path / "b.npz", y=Y), labels=False)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X, "y": Y[:3]}, "3 labels for 4 inputs"),
        ({"x": X, "y": Y, "x_test": X[:, :2]}, "must be alike"),
        ({"x": X.astype(object), "y": Y}, "x: .*allow_pickle"),
        ({"x": X, "y": np.array([1, "a", None, 2], dtype=object)}, "y: .*allow_pickle"),
        ({"x": X * np.nan, "y": Y}, "x: .*NaN"),
        ({"x": X.astype(str), "y": Y}, "x: .*dtype <U"),
        ({"x": np.float64(1.0), "y": Y}, "x: .*single number"),
        ({"x": X, "y": Y[:, None]}, r"shape \(n,\)"),
    ],
)
def test_unusable_arrays(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message):
        load(save(tmp_path / "mine.npz", **arrays))


@pytest.mark.parametrize("content", [b"", b"PK\3\4 rest", b"text", b"\x80\x04N."])
def test_files_that_are_no_npz(tmp_path, content):
    path = tmp_path / "mine.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"mine\.npz"):
        load(path)


def test_single_array(tmp_path):
    np.save(tmp_path / "a.npy", X)
    path = (tmp_path / "a.npy").rename(tmp_path / "a.npz")
    with pytest.raises(DataError, match="savez"):
        load(path)


def test_absurd_member(tmp_path):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1152921504606846, 1), }"
    member = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(tmp_path / "mine.npz", "w") as archive:
        archive.writestr("x.npy", member)
    with pytest.raises(DataError, match=r"mine\.npz: x: "):
        load(tmp_path / "mine.npz", labels=False)
