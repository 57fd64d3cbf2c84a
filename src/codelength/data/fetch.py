"""Public files fetched once into the user's cache, and refused unless their checksum is the published one."""

from __future__ import annotations

import os
from pathlib import Path

from codelength.errors import DataError

FOLDER_VARIABLE = "CODELENGTH_DATA"

_TIMEOUT = (10.0, 30.0)  # seconds to connect, seconds without a byte: a dead mirror does not hang us


def cache_folder() -> Path:
    """Where fetched files are kept: $CODELENGTH_DATA, or the user's cache."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser()
    import pooch

    return Path(pooch.os_cache("codelength"))


def fetch(name: str, file: str, mirrors: tuple[str, ...], md5: str) -> Path:
    """The path of `file` in the cache's folder `name`, downloaded from the first mirror that has it.

    A mirror is the address of a folder, with its slash. Raises DataError when none of them delivers
    the file with the published MD5; the error names the option for local files.
    """
    import pooch

    folder = cache_folder() / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"cannot use the cache folder {folder} ({error.strerror}); set {FOLDER_VARIABLE} to another"
        ) from None
    failures = []
    for mirror in mirrors:
        download = pooch.HTTPDownloader(timeout=_TIMEOUT)
        try:
            path = pooch.retrieve(
                mirror + file, known_hash=f"md5:{md5}", fname=file, path=folder, downloader=download
            )
        except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong MD5 is a ValueError
            failures.append(f"{mirror}: {type(error).__name__}")
        else:
            return Path(path)
    raise DataError(
        f"cannot fetch {file} of {name} ({'; '.join(failures)}); if you have the files, name their folder: "
        "--data-dir DIR on the command line, data_dir= in Python"
    )
