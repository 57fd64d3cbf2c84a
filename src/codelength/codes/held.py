"""What both ends hold in advance of a Shannon code on a data set: the labels of a tenth of the inputs."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from codelength.agreement import pack, unpack
from codelength.channel import Progress
from codelength.checkpoint import Checkpoint
from codelength.codes.shannon import Model, fitted
from codelength.errors import CodelengthError, DataError, InputError
from codelength.files import write_new
from codelength.labels import Alphabet
from codelength.learners.learner import Learner
from codelength.numerics import Numerics, surroundings
from codelength.order import digest_rows, visiting_order

SHARE = 10  # one label in ten
_DIGEST_BYTES = 16


@dataclasses.dataclass(frozen=True, eq=False)
class Held:
    """The first tenth of the labels, in the order of visiting, and the learner that is fitted on them.

    The numerics and surroundings are those of the first fit: the message itself knows its model only by what
    the model predicts.
    """

    learner: Learner
    alphabet: Alphabet
    indices: npt.NDArray[np.int64]
    seed: int
    numerics: Numerics
    surroundings: tuple[str, ...]

    @classmethod
    def of(cls, learner: Learner, x: npt.NDArray[Any], y: Any, seed: int) -> Held:
        """Takes the tenth out of the labels y (n,) of inputs x (n, ...)."""
        labels = np.asarray(y)[split(x, seed)[0]]
        alphabet = Alphabet.of(labels)  # of these alone: the other labels are not known yet
        libraries = learner.libraries
        here = tuple(surroundings(libraries).values())
        return cls(learner, alphabet, alphabet.indices(labels), seed, Numerics.here(libraries), here)

    @property
    def labels(self) -> npt.NDArray[Any]:
        return self.alphabet.labels(self.indices)

    def model(
        self,
        x: npt.NDArray[Any],
        alphabet: Alphabet,
        progress: Progress | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> Model:
        """The model for an alphabet, fitted on the first tenth of inputs x (n, ...) as far as it is in it.

        It is fitted when it is first asked, so that whatever else may be wrong is found out before. Raises
        InputError for another number of inputs, NumericsError where it would come to other floats.
        """
        self.numerics.require_here(self.learner.libraries, self.surroundings)
        first, _ = split(x, self.seed)
        if len(first) != len(self.indices):
            raise InputError(f"the held labels are {len(self.indices)}, a tenth of these inputs {len(first)}")
        known = np.isin(self.labels, alphabet.values)

        @functools.cache
        def model() -> Model:
            return fitted(
                self.learner,
                x[first[known]],
                self.labels[known],
                classes=alphabet.values,
                seed=self.seed,
                numerics=self.numerics,
                progress=progress,
                checkpoint=checkpoint,
            )

        return lambda inputs: model()(inputs)

    def save(self, path: Path) -> None:
        """Writes to a new file. Raises InputError if there is one."""
        content = [
            pack(self.learner),
            self.alphabet.pack(),
            self.indices.tolist(),
            self.seed,
            self.numerics.pack(self.learner.libraries),
            self.surroundings,
        ]
        packed = msgpack.packb(content)
        write_new(path, packed + _digest(packed))

    @classmethod
    def load(cls, path: Path) -> Held:
        """The inverse of `save`.

        Raises DataError when the file cannot be read or is damaged, AgreementError for a learner that is not
        known here, MessageError for an alphabet that makes no sense.
        """
        try:
            content = path.read_bytes()
            packed, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
            if digest != _digest(packed):
                raise DataError(f"{path} holds no held labels, is damaged, or is of an earlier version")
            learner, alphabet, indices, seed, numerics, found = msgpack.unpackb(packed)
            held = cls(
                unpack(learner),
                Alphabet.unpack(alphabet),
                np.array(indices, dtype=np.int64),
                int(seed),
                Numerics(*numerics),
                tuple(map(str, found)),
            )
        except OSError as error:
            raise DataError(f"cannot read the held labels {path}: {error.strerror}") from None
        except CodelengthError:  # a learner that is not known here, say
            raise
        except (TypeError, ValueError, OverflowError, msgpack.exceptions.UnpackException):
            raise DataError(f"{path} holds no held labels") from None
        if not held._is_sound():
            raise DataError(f"{path} holds no held labels")
        return held

    def _is_sound(self) -> bool:
        if not isinstance(self.learner, Learner) or self.indices.ndim != 1 or not 0 <= self.seed < 2**32:
            return False
        if not all(text.isprintable() for text in self.surroundings):
            return False
        return bool(np.isin(self.indices, np.arange(self.alphabet.size)).all())


def _digest(packed: bytes) -> bytes:
    return hashlib.blake2b(packed, digest_size=_DIGEST_BYTES).digest()


def held_path(message: Path) -> Path:
    """Where the labels that both ends hold stand, beside a Shannon code's message."""
    return message.with_name(message.name + ".held")


def split(x: npt.NDArray[Any], seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows of the first tenth of inputs x (n, ...), in their order of visiting, and the rows of the rest."""
    order = visiting_order(digest_rows(x), seed)
    count = len(x) // SHARE
    return order[:count], np.sort(order[count:])
