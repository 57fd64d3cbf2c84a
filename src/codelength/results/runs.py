"""Runs on disk: for each a JSON file with its row and what it was made with, and its message."""

from __future__ import annotations

import dataclasses
import datetime
import importlib.metadata
import json
import math
import os
import platform
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codelength.errors import InputError
from codelength.profile import is_portable

Row = dict[str, Any]

_LIBRARIES = ("codelength", "torch", "scikit-learn", "numpy", "scipy", "constriction")


@dataclasses.dataclass(frozen=True)
class Runs:
    """A folder of runs, NAME.json and, there or in `messages`, NAME.cl."""

    folder: Path
    messages: Path | None = None

    def make(self) -> Runs:
        """Makes the folders. Raises InputError where a file is in the way."""
        for folder in (self.folder, self.messages or self.folder):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"cannot make the folder {folder}: {error.strerror}") from None
        return self

    def message(self, name: str) -> Path:
        """Where the message of a run stands."""
        return (self.messages or self.folder) / f"{name}.cl"

    def save(self, name: str, row: Row, origin: dict[str, Any] | None = None) -> None:
        """Writes a run's row in place of the one before; its origin stays, unless one is given."""
        if origin is None:
            origin = {key: value for key, value in self._read(name).items() if key != "rows"}
        message = os.path.relpath(self.message(name), self.folder)
        content = origin | {"rows": [row | {"message": message}]}
        beside = self.folder / f"{name}.json.new"
        beside.write_text(as_json(content))
        os.replace(beside, self.folder / f"{name}.json")

    def row(self, name: str) -> Row | None:
        """A run's row, if the run has ended and its message is there."""
        if not (self.folder / f"{name}.json").exists() or not self.message(name).exists():
            return None
        row: Row = self._read(name)["rows"][0]
        return row

    def all(self) -> list[Row]:
        """The rows of all runs in the folder, each with its origin; files of other kinds are passed over.

        Raises InputError when the folder cannot be read, or a file in it is damaged.
        """
        if not self.folder.is_dir():
            raise InputError(f"there is no folder {self.folder}")
        found = []
        for path in sorted(self.folder.glob("*.json")):
            content = self._read(path.stem)
            rows = content.get("rows") if isinstance(content, dict) else None
            if isinstance(rows, list) and all(isinstance(r, dict) and r.keys() >= _ROW for r in rows):
                found += [row | {"origin": {k: v for k, v in content.items() if k != "rows"}} for row in rows]
        return found

    def _read(self, name: str) -> Any:
        path = self.folder / f"{name}.json"
        try:
            return json.loads(path.read_text())
        except OSError as error:
            raise InputError(f"cannot read the run {path}: {error.strerror}") from None
        except ValueError:
            raise InputError(
                f"{path} is damaged: remove it and {self.message(name)}, and the run is made again"
            ) from None


_ROW = {"data", "code", "model", "n", "classes", "payload_bits", "ideal_bits", "ratio", "decoded", "curve"}


def origin(command: Sequence[str], seed: int | Sequence[int] = 0) -> dict[str, Any]:
    """Where a figure comes from: the command as anyone would type it, machine, versions, seed, date."""
    return {
        "command": shlex.join(_without_folders(command)),
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": _machine(),
        "versions": {"python": platform.python_version()}
        | {library: importlib.metadata.version(library) for library in _LIBRARIES},
        "portable": is_portable(),
        "seed": seed,
    }


def command() -> list[str]:
    """The command line of this process."""
    return ["codelength", *sys.argv[1:]]


def as_json(content: Any) -> str:
    """JSON with a line a value, but pairs of numbers, such as a curve's points, on one line.

    What is no number, as the ratio of no labels, is null.
    """
    text = json.dumps(_plain(content), indent=1, allow_nan=False)
    return re.sub(r"\[\s+([-\d.e+]+),\s+([-\d.e+]+)\s+\]", r"[\1, \2]", text) + "\n"


def _plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _plain(value) for name, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_plain(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _without_folders(words: Sequence[str]) -> list[str]:
    """This machine's folders are of no use to others."""
    return [
        "DIR" if before == "--data-dir" else word for before, word in zip(["", *words], words, strict=False)
    ]


def _machine() -> dict[str, Any]:
    # and NumPy with it: the portable profile comes first
    from codelength.numerics import cores, cpuinfo, processor

    model = cpuinfo().get("model name") or platform.processor() or platform.machine()
    return {"processor": model, "kind": processor(), "cores": len(cores()), "system": platform.system()}
