"""A run on disk: what was said so far and what was learned from it, so that a killed run goes on.

A range coder's state cannot be rebuilt, but it is a function of what was said: the probabilities are
logged, and said again. The file is safetensors: arrays, nothing executable. The log lies beside it.
"""

from __future__ import annotations

import dataclasses
import hashlib
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
_DIGEST_BYTES = 16


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
        self._path = path
        self._beside = path.with_name(path.name + ".new")
        self._log = path.with_name(path.name + ".said")
        left = [str(file) for file in self._files if file.exists()]
        if left and not resume:
            raise InputError(
                f"left of a run that was stopped: {', '.join(left)}; go on (--resume), or remove these files"
            )
        self._start("")
        self._began = self._last = time.monotonic()
        self._cost = 0.0
        self.seconds = 0.0  # that went into writing
        self.before = 0.0  # seconds that the run took until it was stopped

    def _start(self, identity: str) -> None:
        self._identity = identity
        self._ends: list[int] = []  # labels by the end of each block in the log
        self._classes = 0
        self._again = 0  # blocks that are in the log, and are said again
        self._blocks: list[npt.NDArray[np.float64]] = []  # that are not in it yet
        self._logged = hashlib.blake2b(digest_size=_DIGEST_BYTES)  # all that is in it

    @property
    def _files(self) -> tuple[Path, Path, Path]:
        return self._path, self._log, self._beside

    @classmethod
    def beside(cls, out: Path, *, resume: bool) -> Checkpoint:
        """In OUT.part, for a run whose result will be in the file `out`."""
        return cls(out.with_name(out.name + ".part"), resume=resume)

    def open(self, identity: bytes) -> Left:
        """What a run of that identity left; nothing for a new run.

        Raises InputError for what another run left, and for what is damaged.
        """
        self._start(identity.hex())
        if not self._path.exists():
            return Left()
        try:
            with safetensors.safe_open(self._path, framework="numpy") as file:
                about = file.metadata() or {}
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, ValueError, safetensors.SafetensorError) as error:
            raise self._damaged(self._path, f" ({error})") from None
        if about.get("identity") != self._identity:
            raise InputError(
                f"{self._path} is of another run (other data, code, library or machine, or one with or "
                "without --predict): remove it first"
            )
        if about.get("arrays") != _digest(arrays):
            raise self._damaged(self._path)
        said = self._read_log(arrays["said.ends"].astype(np.int64), int(arrays["said.classes"]))
        if about.get("log") != self._logged.hexdigest():
            raise self._damaged(self._log)
        self.before = float(arrays.pop("said.seconds"))
        courses = json.loads(arrays.pop("said.courses").tobytes())
        state = {name: array for name, array in arrays.items() if not name.startswith("said.")}
        return Left(said, courses, state)

    def _read_log(self, ends: npt.NDArray[np.int64], classes: int) -> list[npt.NDArray[np.float64]]:
        """The blocks in the log of a run that was stopped; they stay on disk."""
        if not len(ends):
            return []
        try:
            p = np.memmap(self._log, np.float64, "r", shape=(int(ends[-1]), classes))
        except (OSError, ValueError) as error:
            raise self._damaged(self._log, f" ({error})") from None
        self._logged.update(p.data)
        self._ends, self._classes, self._again = ends.tolist(), classes, len(ends)
        return np.split(np.asarray(p), ends[:-1])

    def _damaged(self, path: Path, why: str = "") -> InputError:
        left = ", ".join(str(file) for file in self._files if file.exists())
        return InputError(f"cannot go on, for {path} is damaged{why}; to start anew, remove {left}")

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
        logged = self._logged.copy()
        with self._log.open("r+b" if end else "wb") as log:
            log.seek(8 * end * self._classes)
            for p in map(np.ascontiguousarray, self._blocks):
                log.write(p.data)
                logged.update(p.data)
        self._logged = logged
        self._ends += (end + np.cumsum([len(p) for p in self._blocks])).tolist()
        self._blocks = []

    def _write(self, arrays: State) -> None:
        arrays = {name: array.copy(order="C") for name, array in arrays.items()}
        about = {"identity": self._identity, "arrays": _digest(arrays), "log": self._logged.hexdigest()}
        safetensors.numpy.save_file(arrays, self._beside, metadata=about)
        os.replace(self._beside, self._path)  # whole or not at all, whenever the process is killed

    def remove(self) -> None:
        """The run has ended."""
        for path in self._files:  # killed while it wrote, a run leaves all
            path.unlink(missing_ok=True)


def _digest(arrays: State) -> str:
    said = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for name, array in sorted(arrays.items()):
        said.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        said.update(array.tobytes())
    return said.hexdigest()


def state_of(predictor: object) -> State | None:
    """What a predictor has learned; None if it cannot be put aside."""
    return predictor.state() if isinstance(predictor, Restorable) else None


def nested(prefix: str, state: State) -> State:
    """A part's state as it stands in the whole's."""
    return {f"{prefix}.{name}": array for name, array in state.items()}


def part(prefix: str, state: Mapping[str, npt.NDArray[np.generic]]) -> State:
    """The inverse of `nested`."""
    return {name.removeprefix(f"{prefix}."): a for name, a in state.items() if name.startswith(f"{prefix}.")}
