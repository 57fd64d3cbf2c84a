"""New files only: nothing is written over."""

from __future__ import annotations

import os
from pathlib import Path

from codelength.errors import InputError


def require_new(*paths: Path | None) -> None:
    """Raises InputError, before any work, for a file that exists or cannot be written, or is named twice."""
    named = [path for path in paths if path is not None]
    for number, path in enumerate(named):
        folder = path.absolute().parent
        try:
            if path.exists():
                raise InputError(f"{path} exists; name another file, or remove it first")
            if not folder.is_dir():
                raise InputError(f"the folder of {path} does not exist; make it first")
        except OSError as error:
            raise InputError(f"cannot look for {path}: {error.strerror}") from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise InputError(f"the folder of {path} cannot be written to; name another one")
        if path.absolute() in [other.absolute() for other in named[:number]]:
            raise InputError(f"{path} is named for two outputs; name another file for one of them")


def write_new(path: Path, data: bytes) -> None:
    """Writes a file that was not there, all of it or nothing. Raises InputError if that cannot be."""
    require_new(path)
    try:
        with open(path, "xb") as file:
            try:
                file.write(data)
                file.flush()
            except OSError:
                path.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def read(path: Path) -> bytes:
    """A file's bytes. Raises InputError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
