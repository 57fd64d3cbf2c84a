"""A run on disk: what was said so far and what was learned from it, so that a killed run goes on.

A range coder's state cannot be rebuilt, but it is a function of what was said: the probabilities are
logged, and said again. The file is safetensors: arrays, nothing executable. The log lies beside it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from codelength.errors import InputError

State = dict[str, npt.NDArray[np.generic]]
Courses = dict[str, list[tuple[int, float]]]

_SECONDS = 10.0  # between two checkpoints, at least
_SHARE = 0.01  # of the time, at most


@runtime_checkable
class Restorable(Protocol):
    """A predictor that can be put aside as arrays, and go on from them as if it had never stopped."""

    def state(self) -> State | None:
        """All that it has learned; None for a learner made of learners one of which cannot be put aside."""

    def restore(self, state: State) -> None:
        """Puts a predictor that has just begun into that state."""


@dataclasses.dataclass(frozen=True, eq=False)
class Left:
    """What a stopped run left: probabilities by block, courses so far, and the learner's state after them."""

    said: Sequence[npt.NDArray[np.float64]] = ()
    courses: Sequence[Courses] = ()
    state: State = dataclasses.field(default_factory=dict)


class Checkpoint:
    """The checkpoint of one run, at either end, in the file `path`; `remove` it when the run has ended.

    Raises InputError for one that is another run's, for a file that is there already unless the run is
    to `resume`, and for a folder that is not there.
    """

    def __init__(self, path: str | os.PathLike[str], *, resume: bool) -> None:
        path = Path(path)
        if not path.parent.is_dir():
            raise InputError(f"there is no folder {path.parent} to keep the run in")
        if path.exists() and not resume:
            raise InputError(
                f"{path} is left of a run that was stopped: go on with it (--resume) or remove it"
            )
        self._path = path
        self._beside = path.with_name(path.name + ".new")
        self._log = path.with_name(path.name + ".said")
        self._ends: list[int] = []  # labels by the end of each block in the log
        self._classes = 0
        self._again = 0  # blocks that are in the log, and are said again
        self._blocks: list[npt.NDArray[np.float64]] = []  # that are not in it yet
        self._identity = ""
        self._began = self._last = time.monotonic()
        self._cost = 0.0
        self.seconds = 0.0  # that went into writing
        self.before = 0.0  # seconds that the run took until it was stopped

    @classmethod
    def beside(cls, out: Path, *, resume: bool) -> Checkpoint:
        """In OUT.part, for a run whose result will be in the file `out`."""
        return cls(out.with_name(out.name + ".part"), resume=resume)

    def open(self, identity: bytes) -> Left:
        """What a run of that identity left; nothing for a new run."""
        self._identity = identity.hex()
        if not self._path.exists():
            return Left()
        try:
            with safetensors.safe_open(self._path, framework="numpy") as file:
                theirs = (file.metadata() or {}).get("identity")
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, ValueError, safetensors.SafetensorError) as error:
            raise InputError(f"cannot go on from {self._path}: {error}; remove it to start anew") from None
        if theirs != self._identity:
            raise InputError(
                f"{self._path} is of another run (other data, code, library or machine, or one with or "
                "without --predict): remove it first"
            )
        self.before = float(arrays.pop("said.seconds"))
        courses = json.loads(arrays.pop("said.courses").tobytes())
        return Left(self._logged(arrays.pop("said.ends"), int(arrays.pop("said.classes"))), courses, arrays)

    def _logged(self, ends: npt.NDArray[np.int64], classes: int) -> list[npt.NDArray[np.float64]]:
        """The blocks in the log of a run that was stopped; they stay on disk."""
        if not len(ends):
            return []
        try:
            p = np.memmap(self._log, np.float64, "r", shape=(int(ends[-1]), classes))
        except (OSError, ValueError) as error:
            raise InputError(f"cannot go on from {self._log}: {error}; remove {self._path}") from None
        self._ends, self._classes, self._again = ends.tolist(), classes, len(ends)
        return np.split(np.asarray(p), ends[:-1])

    def said(self, p: npt.NDArray[np.float64]) -> None:
        """Logs the probabilities (m, classes) of a block, in memory until the run is kept."""
        if self._again:
            self._again -= 1
        else:
            self._blocks.append(p)

    def keep(self, predictor: object, courses: Sequence[Courses]) -> None:
        """Writes the run so far, if it is time to: at most a hundredth of it goes into writing.

        Where it cannot be written (the disk is full), the run goes on all the same, with a warning.
        """
        started = time.monotonic()
        if started - self._last < max(_SECONDS, self._cost / _SHARE):
            return
        state = state_of(predictor)
        if state is None:
            return
        said = {
            "said.seconds": np.array(self.before + started - self._began),
            "said.courses": np.frombuffer(json.dumps(courses).encode(), dtype=np.uint8),
        }
        try:
            self._append()
            counts = {"said.ends": np.array(self._ends, np.int64), "said.classes": np.array(self._classes)}
            self._write(state | said | counts)
        except (OSError, safetensors.SafetensorError) as error:
            warnings.warn(f"the run cannot be kept in {self._path}, and goes on: {error}", stacklevel=2)
        self._last = time.monotonic()
        self._cost = self._last - started
        self.seconds += self._cost

    def _append(self) -> None:
        """Adds what was said since to the log, over what a killed run may have added last."""
        if not self._blocks:
            return
        self._classes = self._blocks[0].shape[1]
        end = self._ends[-1] if self._ends else 0
        with self._log.open("r+b" if end else "wb") as log:
            log.seek(8 * end * self._classes)
            log.writelines(np.ascontiguousarray(p).data for p in self._blocks)
        self._ends += (end + np.cumsum([len(p) for p in self._blocks])).tolist()
        self._blocks = []

    def _write(self, arrays: State) -> None:
        safetensors.numpy.save_file(
            {name: array.copy(order="C") for name, array in arrays.items()},
            self._beside,
            metadata={"identity": self._identity},
        )
        os.replace(self._beside, self._path)  # whole or not at all, whenever the process is killed

    def remove(self) -> None:
        """The run has ended."""
        for path in (self._path, self._log, self._beside):  # killed while it wrote, a run leaves all
            path.unlink(missing_ok=True)


def state_of(predictor: object) -> State | None:
    """What a predictor has learned; None if it cannot be put aside."""
    return predictor.state() if isinstance(predictor, Restorable) else None


def nested(prefix: str, state: State) -> State:
    """A part's state as it stands in the whole's."""
    return {f"{prefix}.{name}": array for name, array in state.items()}


def part(prefix: str, state: Mapping[str, npt.NDArray[np.generic]]) -> State:
    """The inverse of `nested`."""
    return {name.removeprefix(f"{prefix}."): a for name, a in state.items() if name.startswith(f"{prefix}.")}
