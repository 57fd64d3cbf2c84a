from __future__ import annotations

import io
import tarfile

import numpy as np
import pytest

from codelength.data import load
from codelength.errors import DataError

FOLDER = "cifar-10-batches-bin"


def archive(path, records, names=None, folder=FOLDER):
    with tarfile.open(path, "w:gz") as tar:
        for name, array in records.items():
            if names is None or name in names:
                member = tarfile.TarInfo(f"{folder}/{name}")
                member.size = array.nbytes
                tar.addfile(member, io.BytesIO(array.tobytes()))
    return path.parent


def check(data, records, labels=True):
    train = np.concatenate([array for name, array in records.items() if name != "test_batch.bin"])
    np.testing.assert_array_equal(data.x, train[:, 1:].reshape(-1, 3, 32, 32))
    np.testing.assert_array_equal(data.x_test, records["test_batch.bin"][:, 1:].reshape(-1, 3, 32, 32))
    assert data.x.dtype == np.uint8
    assert data.classes.tolist() == list(range(10))
    if labels:
        np.testing.assert_array_equal(data.y, train[:, 0])
        np.testing.assert_array_equal(data.y_test, records["test_batch.bin"][:, 0])
        assert (data.y.dtype, data.y_test.dtype) == (np.int64, np.int64)
    else:
        assert data.y is None
        assert data.y_test is None


@pytest.mark.parametrize("place", [FOLDER, "."])
def test_plain_files(tmp_path, write_cifar, cifar_records, place):
    write_cifar(tmp_path / place)
    check(load("cifar10", tmp_path), cifar_records)
    check(load("cifar10", tmp_path, labels=False), cifar_records, labels=False)


def test_archive(tmp_path, cifar_records):
    archive(tmp_path / "cifar-10-binary.tar.gz", cifar_records)
    check(load("cifar10", tmp_path), cifar_records)
    check(load("cifar10", tmp_path, labels=False), cifar_records, labels=False)
    assert [path.name for path in tmp_path.iterdir()] == ["cifar-10-binary.tar.gz"]  # nothing extracted


@pytest.mark.parametrize("byte", [0, 255])
def test_bob_sees_no_label_byte(tmp_path, write_cifar, cifar_records, byte):
    alice = load("cifar10", write_cifar(tmp_path / "alice"))
    for array in cifar_records.values():
        array[:, 0] = byte
    bob = load("cifar10", write_cifar(tmp_path / "bob"), labels=False)
    np.testing.assert_array_equal(bob.x, alice.x)
    np.testing.assert_array_equal(bob.x_test, alice.x_test)
    assert bob.y is None
    (tmp_path / "tar").mkdir()
    bob = load("cifar10", archive(tmp_path / "tar" / "cifar-10-binary.tar.gz", cifar_records), labels=False)
    np.testing.assert_array_equal(bob.x, alice.x)


def test_test_batch_may_be_missing_or_left_out(tmp_path, write_cifar):
    write_cifar(tmp_path)
    assert load("cifar10", tmp_path, test=False).x_test is None
    (tmp_path / "test_batch.bin").unlink()
    data = load("cifar10", tmp_path)
    assert data.x_test is None
    assert data.y_test is None


def test_missing_files(tmp_path, write_cifar, cifar_records):
    with pytest.raises(DataError, match=r"neither .*data_batch_1.bin, nor cifar-10-binary.tar.gz"):
        load("cifar10", tmp_path)
    write_cifar(tmp_path)
    (tmp_path / "data_batch_3.bin").unlink()
    with pytest.raises(DataError, match=r"lacks data_batch_3\.bin"):
        load("cifar10", tmp_path)


def test_only_members_with_the_exact_names_are_read(tmp_path, cifar_records):
    archive(tmp_path / "cifar-10-binary.tar.gz", cifar_records, folder="../" + FOLDER)
    with pytest.raises(DataError, match=r"lacks data_batch_1\.bin"):
        load("cifar10", tmp_path)


@pytest.mark.parametrize("size", [0, 3072, 3074, 3073 * 10_001])
def test_wrong_sizes(tmp_path, write_cifar, size):
    write_cifar(tmp_path)
    with (tmp_path / "data_batch_2.bin").open("r+b") as file:
        file.truncate(size)
    with pytest.raises(DataError, match=rf"data_batch_2\.bin has {size} bytes"):
        load("cifar10", tmp_path)


def test_wrong_label(tmp_path, write_cifar, cifar_records):
    cifar_records["data_batch_5.bin"][0, 0] = 10
    write_cifar(tmp_path)
    with pytest.raises(DataError, match="hold 10"):
        load("cifar10", tmp_path)


def test_damaged_archive(tmp_path, cifar_records):
    path = tmp_path / "cifar-10-binary.tar.gz"
    archive(path, cifar_records)
    content = path.read_bytes()
    middle = len(content) // 2
    for damaged in (content[:middle], b"no archive", content[:middle] + bytes(64) + content[middle + 64 :]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz"):
            load("cifar10", tmp_path)
