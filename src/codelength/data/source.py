"""Where a data set comes from, as the command line says it, to this process and to others."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import os
import sys
from pathlib import Path

from codelength.data import load
from codelength.data.dataset import DataSet
from codelength.errors import InputError


@dataclasses.dataclass(frozen=True)
class Source:
    """A data set by name or path, how much of it, its agreed classes, and modules to import before."""

    data: str
    data_dir: Path | None = None
    target: str | None = None
    first: int | None = None  # rows
    classes: tuple[str, ...] = ()  # agreed in advance, as one writes them; Bob finds them in the message
    plugins: tuple[str, ...] = ()

    def load(self, labels: bool = True) -> DataSet:
        """The data set; with `labels=False` as Bob has it. Raises what `codelength.load` raises."""
        plugged(self.plugins)
        whole = load(self.data, self.data_dir, target=self.target, labels=labels)
        some = whole if self.first is None else whole.head(self.first)
        return some.agreeing(self.classes)

    @functools.cached_property
    def arguments(self) -> list[str]:
        """The command line's options that name it to Bob."""
        named = ["--data", self.data]
        named += ["--data-dir", str(self.data_dir)] if self.data_dir else []
        named += ["--target", self.target] if self.target else []
        named += ["--first", str(self.first)] if self.first is not None else []
        return named + [word for module in self.plugins for word in ("--plugin", module)]


def plugged(modules: tuple[str, ...]) -> None:
    """Imports a user's modules, also from the current folder.

    Raises InputError for a path in place of a name, and for a module that fails, whatever it raises.
    """
    for module in modules:
        if module.endswith(".py") or {"/", os.sep} & set(module):
            raise InputError(f"the plugin {module!r} is a path: give the name of a module, without .py")
    sys.path.insert(0, os.getcwd())  # a user's module beside the data, as `python -m` would find it
    try:
        for module in modules:
            _plug(module)
    finally:
        sys.path.pop(0)


def _plug(module: str) -> None:
    try:
        importlib.import_module(module)
    except (Exception, SystemExit) as error:
        said = " ".join(str(error).split())  # in one line
        raise InputError(f"cannot import the plugin {module!r}: {type(error).__name__}: {said}") from error
