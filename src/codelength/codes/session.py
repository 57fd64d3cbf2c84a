"""What both ends do alike around a conversation: inputs, order, numerics, probe."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np
import numpy.typing as npt

from codelength.agreement import pack
from codelength.channel import Channel
from codelength.checkpoint import Checkpoint
from codelength.data.arrays import as_inputs
from codelength.errors import AgreementError, MessageError
from codelength.labels import Alphabet
from codelength.learners.learner import Predictor
from codelength.message import INPUTS_BYTES, Header
from codelength.numerics import PROBE_BYTES, Numerics, digest, require_same, surroundings
from codelength.order import Reordered, digest_inputs, digest_rows, visiting_order
from codelength.task import Task
from codelength.version import __version__

if TYPE_CHECKING:
    from codelength.codes.code import Code


@dataclasses.dataclass(frozen=True, eq=False)
class Session:
    """One run of a code on inputs, at either end."""

    code: Code
    task: Task
    inputs: bytes  # their digest
    surroundings: dict[str, str]

    @classmethod
    def begin(
        cls,
        code: Code,
        x: Any,
        classes: int,
        numerics: Numerics,
        order: npt.NDArray[np.int64] | None = None,
        predicts: bool = True,
    ) -> Session:
        """Puts the inputs x (n, ...) in their order of visiting, if no `order` of rows (n,) is given.

        `predicts` says whether other inputs will be predicted after the last label. Raises InputError for
        unusable inputs.
        """
        x = as_inputs(x)
        rows = digest_rows(x)
        order = visiting_order(rows, code.seed) if order is None else order
        task = Task(Reordered(x, order), order, classes, code.seed, numerics, predicts)
        return cls(code, task, digest_inputs(x, rows, INPUTS_BYTES), surroundings(code.libraries))

    def converse(
        self,
        channel: Channel,
        header: Header | None = None,
        checkpoint: Checkpoint | None = None,
        about: bytes = b"",
    ) -> tuple[bytes, Predictor | None]:
        """Holds the conversation under the agreed numerics, after the probe; returns probe and predictor.

        The probe is that of the code which is really spoken; which one that is, is said before.

        With a header, its probe must be the same: NumericsError if not. With a checkpoint, a run that
        was stopped goes on; `about` tells runs apart that differ in nothing else. Raises AgreementError for a
        code that has not sent all labels.
        """
        with self.task.numerics.enforced(self.code.libraries):
            code = self.code.spoken(channel)
            probe = self._probe(code)
            if header:
                require_same(header.surroundings, self.surroundings, header.probe == probe)
            if checkpoint:
                channel.attach(checkpoint, self._identity(probe, about))
            predictor = code.converse(channel, self.task)
        if channel.account.labels != len(self.task.x):
            raise AgreementError(f"the code sent {channel.account.labels} of {len(self.task.x)} labels")
        return probe, predictor

    def header(self, classes: Alphabet | None, probe: bytes, returned: int = 0) -> Header:
        libraries = self.code.libraries
        return Header(
            code=pack(self.code),
            n=len(self.task.x),
            classes=None if classes is None else classes.pack(),
            inputs=self.inputs,
            numerics=self.task.numerics.pack(libraries) if libraries else [],
            surroundings=list(self.surroundings.values()),
            probe=probe,
            returned=returned,
        )

    def visited(self, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Labels of the caller's rows (n,) in the order of visiting."""
        return labels[self.task.order]

    def callers(self, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The inverse of `visited`."""
        back = np.empty_like(labels)
        back[self.task.order] = labels
        return back

    def _identity(self, probe: bytes, about: bytes) -> bytes:
        # another version may train otherwise, and who predicts nothing else trains less
        said = msgpack.packb([__version__, self.task.predicts, self.header(None, probe).pack()])
        return hashlib.blake2b(said + about, digest_size=16).digest()

    def _probe(self, code: Code) -> bytes:
        p = code.probe(self.task) if len(self.task.x) and self.task.classes else None
        return bytes(PROBE_BYTES) if p is None else digest(p)


def numerics_of(header: Header) -> Numerics:
    """The numerics a message was made with; one thread where none are named: integers suffice."""
    try:
        return Numerics(*header.numerics) if header.numerics else Numerics(threads=1)
    except TypeError:
        raise MessageError("the numerics in the message make no sense") from None
