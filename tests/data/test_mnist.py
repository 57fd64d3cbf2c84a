from __future__ import annotations

import contextlib
import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codelength.data import load
from codelength.data.idx import read_idx
from codelength.errors import DataError


@pytest.mark.parametrize("gzipped", [True, False])
@pytest.mark.parametrize("dotted", [True, False])
@pytest.mark.parametrize("place", [".", "mnist", "MNIST/raw"])
def test_files_are_found_under_all_usual_names(tmp_path, write_mnist, mnist_arrays, gzipped, dotted, place):
    write_mnist(tmp_path / place, gzipped, dotted)
    data = load("mnist", tmp_path)
    np.testing.assert_array_equal(data.x, mnist_arrays["train-images-idx3-ubyte"])
    np.testing.assert_array_equal(data.y, mnist_arrays["train-labels-idx1-ubyte"])
    np.testing.assert_array_equal(data.x_test, mnist_arrays["t10k-images-idx3-ubyte"])
    np.testing.assert_array_equal(data.y_test, mnist_arrays["t10k-labels-idx1-ubyte"])
    assert (data.x.dtype, data.y.dtype, data.y_test.dtype) == (np.uint8, np.int64, np.int64)
    assert data.x.flags.writeable
    assert data.classes.tolist() == list(range(10))


def test_bob_needs_no_label_file(tmp_path, write_mnist, mnist_arrays):
    data = load("mnist", write_mnist(tmp_path, labels=False), labels=False)
    np.testing.assert_array_equal(data.x, mnist_arrays["train-images-idx3-ubyte"])
    np.testing.assert_array_equal(data.x_test, mnist_arrays["t10k-images-idx3-ubyte"])
    assert data.y is None
    assert data.y_test is None


@pytest.mark.parametrize("gzipped", [True, False])
def test_bob_opens_no_label_file_that_is_there(tmp_path, write_mnist, opened, gzipped):
    write_mnist(tmp_path, gzipped)
    with opened() as paths:
        load("mnist", tmp_path, labels=False)
    assert len([path for path in paths if "images" in path]) == 2
    assert not [path for path in paths if "labels" in path]
    with opened() as paths:  # the watch itself works: Alice's end is seen to open them
        load("mnist", tmp_path)
    assert len([path for path in paths if "labels" in path]) == 2


def test_alice_needs_the_label_file(tmp_path, write_mnist):
    with pytest.raises(DataError, match="train-labels-idx1-ubyte"):
        load("mnist", write_mnist(tmp_path, labels=False))


def test_test_files_may_be_missing_or_left_out(tmp_path, write_mnist):
    write_mnist(tmp_path)
    assert load("mnist", tmp_path, test=False).x_test is None
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    data = load("mnist", tmp_path)
    assert data.x_test is not None
    assert data.y_test is None
    (tmp_path / "t10k-images-idx3-ubyte.gz").unlink()
    assert load("mnist", tmp_path).x_test is None


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match=r"train-images.*MNIST/raw"):
        load("mnist", tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        load("mnist", tmp_path / "absent")


def test_labels_and_images_must_go_together(tmp_path, write_mnist, mnist_arrays):
    write_mnist(tmp_path, gzipped=False)
    labels = tmp_path / "train-labels-idx1-ubyte"
    labels.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]))
    with pytest.raises(DataError, match="3 labels for 12 inputs"):
        load("mnist", tmp_path)
    labels.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 12, *range(12)]))
    with pytest.raises(DataError, match="label 11"):
        load("mnist", tmp_path)


GOOD = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 28, 28) + bytes(2 * 784)


@pytest.mark.parametrize("gzipped", [True, False])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD[:-1], "cut short"),
        (GOOD[:9], "cut short"),
        (b"", "no IDX file"),
        (GOOD + b"\0", "goes on"),
        (bytes([0, 0, 13, 3]) + GOOD[4:], "no IDX file"),
        (bytes([0, 0, 8, 1]) + GOOD[4:], "no IDX file"),
        (bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**32 - 1, 28, 28), "claims 4294967295"),
        (bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 2**31, 2**31), "items of shape"),
    ],
)
def test_corrupted_idx(tmp_path, content, message, gzipped):
    path = tmp_path / ("images.gz" if gzipped else "images")
    path.write_bytes(gzip.compress(content) if gzipped else content)
    with pytest.raises(DataError, match=message):
        read_idx(path, (28, 28))


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:-1] + b"\1", lambda b: b"no" + b])
def test_corrupted_gzip(tmp_path, damage):
    path = tmp_path / "images.gz"
    path.write_bytes(damage(gzip.compress(GOOD)))
    with pytest.raises(DataError, match=r"images\.gz cannot be read"):
        read_idx(path, (28, 28))


@given(content=st.binary(max_size=40), at=st.integers(0, 20))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_overwritten_idx_is_read_or_refused(tmp_path: Path, content: bytes, at: int):
    path = tmp_path / "images"
    path.write_bytes(GOOD[:at] + content + GOOD[at + len(content) :])
    with contextlib.suppress(DataError):
        assert read_idx(path, (28, 28)).shape == (2, 28, 28)
