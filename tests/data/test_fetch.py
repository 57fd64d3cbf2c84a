from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pooch
import pytest

from codelength.data import cifar10, load, mnist
from codelength.errors import DataError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CODELENGTH_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Web:
    """Stands in for pooch.retrieve: serves a folder's files, but not from the mirrors that are down."""

    def __init__(self, folder: Path | None, down: tuple[str, ...] = ()):
        self.folder, self.down, self.asked = folder, down, []

    def __call__(self, url, known_hash, fname, path, downloader):
        assert known_hash.startswith("md5:")
        assert downloader.kwargs["timeout"]  # no mirror may hang us
        self.asked.append(url)
        if self.folder is None or url.startswith(self.down):
            raise OSError("no network")
        return str(self.folder / fname)


@pytest.fixture
def served(tmp_path, write_mnist):
    return write_mnist(tmp_path / "served")


def test_the_second_mirror_is_tried(served, monkeypatch, mnist_arrays):
    web = Web(served, down=(mnist.MIRRORS[0],))
    monkeypatch.setattr(pooch, "retrieve", web)
    data = load("mnist")
    np.testing.assert_array_equal(data.y, mnist_arrays["train-labels-idx1-ubyte"])
    assert web.asked == [mirror + stem + ".gz" for stem in mnist.MD5 for mirror in mnist.MIRRORS]


def test_bob_fetches_no_label_file(served, monkeypatch):
    web = Web(served)
    monkeypatch.setattr(pooch, "retrieve", web)
    assert load("mnist", labels=False).y is None
    assert [url.rsplit("/")[-1] for url in web.asked] == [
        "train-images-idx3-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
    ]


@pytest.mark.parametrize(("name", "mirrors"), [("mnist", 2), ("cifar10", 1)])
def test_without_a_network_one_error_names_the_option(name, mirrors, monkeypatch):
    web = Web(None)
    monkeypatch.setattr(pooch, "retrieve", web)
    with pytest.raises(DataError, match=r"--data-dir DIR .*data_dir=") as caught:
        load(name)
    assert len(web.asked) == mirrors
    assert caught.value.__cause__ is caught.value.__context__ is None  # nothing chained to read through


def test_cifar_comes_as_its_archive(tmp_path, monkeypatch):
    web = Web(tmp_path)
    monkeypatch.setattr(pooch, "retrieve", web)
    (tmp_path / cifar10.ARCHIVE).write_bytes(b"")
    with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz cannot be read"):
        load("cifar10")
    assert web.asked == ["https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"]


def test_wrong_checksums_are_refused(cache, served, monkeypatch):
    def download(self, url, output_file, pooch, check_only=False):
        Path(output_file).write_bytes(gzip.compress(b"something else"))

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", download)
    with pytest.raises(DataError, match=r"ValueError.*--data-dir"):
        load("mnist")
    assert list((cache / "mnist").iterdir()) == []


def test_what_is_cached_is_not_fetched_again(cache, write_mnist, monkeypatch, mnist_arrays):
    def download(self, url, output_file, pooch, check_only=False):
        raise AssertionError("fetched again")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", download)
    write_mnist(cache / "mnist")
    for stem in mnist.MD5:
        monkeypatch.setitem(mnist.MD5, stem, pooch.file_hash(cache / "mnist" / f"{stem}.gz", "md5"))
    np.testing.assert_array_equal(load("mnist").x, mnist_arrays["train-images-idx3-ubyte"])


def test_a_cache_folder_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CODELENGTH_DATA", str(tmp_path / "file" / "folder"))
    with pytest.raises(DataError, match="CODELENGTH_DATA"):
        load("mnist")
