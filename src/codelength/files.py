"""New files only: nothing is written over."""

from __future__ import annotations

from pathlib import Path

from codelength.errors import InputError


def require_new(path: Path | None) -> None:
    """Raises InputError, before any work, if the file exists or its folder does not."""
    if path is None:
        return
    if path.exists():
        raise InputError(f"{path} exists; name another file, or remove it first")
    if not path.absolute().parent.is_dir():
        raise InputError(f"the folder of {path} does not exist; make it first")


def write_new(path: Path, data: bytes) -> None:
    """Writes a file that was not there. Raises InputError if it is, or cannot be written."""
    require_new(path)
    try:
        with open(path, "xb") as file:
            file.write(data)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def read(path: Path) -> bytes:
    """A file's bytes. Raises InputError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
