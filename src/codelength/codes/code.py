"""What every code has: encode, measure and decode, all by holding one conversation at one end."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from codelength.agreement import Agreement, Within, is_plain, name_of, pack
from codelength.channel import Channel, Counter, Progress, Receiver, Sender
from codelength.checkpoint import Checkpoint
from codelength.codes.session import Session
from codelength.entropy import CODERS, Whole, codable
from codelength.errors import AgreementError, InputError
from codelength.labels import Alphabet, as_labels
from codelength.learners.learner import Predictor
from codelength.message import Measurement, Message, seal_of
from codelength.numerics import Numerics
from codelength.order import Rows
from codelength.task import Inputs, Probabilities, Task

_BLOCK = 512  # labels sent at once; the same at both ends, since floats depend on it


@dataclasses.dataclass(frozen=True)
class Code(Agreement, ABC):
    """An agreement on how labels travel. Immutable; everything that both ends share is a field."""

    coder: ClassVar[str] = "range"

    seed: Annotated[int, Within(0, 2**32 - 1)] = dataclasses.field(default=0, kw_only=True)

    @abstractmethod
    def converse(self, channel: Channel, task: Task) -> Predictor | None:
        """The conversation, in the order in which Bob reads; what predicts when it has ended, if anything."""

    def spoken(self, channel: Channel) -> Code:
        """The code that is really spoken: this one, unless its first words are which one it is."""
        return self

    def settled(self, x: Any, y: Any, classes: Any, progress: Progress | None) -> Code:
        """At Alice's end: this code, with all that is chosen in it by looking at the labels."""
        return self

    @property
    def libraries(self) -> frozenset[str]:
        """The libraries whose floats the conversation depends on."""
        return frozenset()

    @property
    def gives_back(self) -> bool:
        """Whether auxiliary bytes ride along, and come back."""
        return False

    def require_riding(self, auxiliary: bytes | None) -> None:
        """Raises InputError for auxiliary bytes where none ride along."""
        if auxiliary is not None and not self.gives_back:
            raise InputError("auxiliary bytes ride along in bits back alone: variational:bits-back")

    def masked(self, auxiliary: bytes) -> bytes:
        """Auxiliary bytes as they ride along; of those, the bytes as they were."""
        return auxiliary

    def probe(self, task: Task) -> npt.NDArray[np.float64] | None:
        """Probabilities that show whether both ends compute the same floats; None where all is exact."""
        return None

    def begin(self, task: Task) -> None:
        """Makes what is made before the first label, and lets go of it."""

    def require_usable(self, x: Any, y: Any, classes: Any = None, auxiliary: bytes | None = None) -> None:
        """Begins on the labels y (n,) of inputs x (n, ...): for who will measure other codes before.

        Raises AgreementError for a model that cannot be built, InputError for inputs or labels that cannot be
        used, a model that does not fit them, and auxiliary bytes that are too few or cannot ride along.
        """
        self.require_riding(auxiliary)
        session, _, indices = self._at_alice(x, y, classes, None)
        with session.task.numerics.enforced(session.code.libraries):
            session.code.sender(session.task, indices, auxiliary, None)
            session.code.begin(session.task)

    def encode(
        self,
        x: Any,
        y: Any,
        *,
        classes: Any = None,
        auxiliary: bytes | None = None,
        progress: Progress | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> Message:
        """Sends the labels y (n,) of inputs x (n, ...) into a message.

        `classes` names the alphabet in advance, free of charge; without it the alphabet travels in the
        payload. `auxiliary` bytes ride along where the code gives bits back (`BitsBackCode`), in no other.
        `progress` is called with the account after each block, and within long trainings. With a
        `checkpoint` the run is kept on disk, and goes on from there. Raises InputError for inputs or labels
        that cannot be used, AgreementError for a code that cannot travel.
        """
        if not is_plain(pack(self)):  # better known before any work than at the other end
            raise AgreementError(f"{name_of(self)!r} holds a name that is not printable, and cannot travel")
        self.require_riding(auxiliary)
        session, alphabet, indices = self._at_alice(x, y, classes, progress)
        code = session.code
        preamble = b"" if classes is not None else alphabet.to_bytes()
        sender = code.sender(session.task, indices, auxiliary, progress)
        sender.named(preamble)
        probe, _ = session.converse(sender, None, checkpoint, alphabet.to_bytes() + indices.tobytes())
        agreed = None if classes is None else alphabet
        header = session.header(agreed, probe, len(sender.auxiliary))
        unsealed = Message(header, preamble + sender.finish(), sender.checks, b"")
        seal = seal_of(unsealed.body, indices, sender.auxiliary)
        return dataclasses.replace(
            unsealed, seal=seal, measurement=Measurement.of(sender.account, alphabet.size)
        )

    def measure(
        self, x: Any, y: Any, *, classes: Any = None, progress: Progress | None = None
    ) -> Measurement:
        """Counts what `encode` would send, in ideal bits, and writes nothing.

        Ideal bits are `-sum log2 p`, of `HuffmanCode` too: how many whole bits it takes, a message tells.
        Raises what `encode` raises, but that a code which has no name to travel under can be measured.
        """
        session, alphabet, indices = self._at_alice(x, y, classes, progress)
        counter = session.code.counter(session.task, indices, progress)
        counter.named(b"" if classes is not None else alphabet.to_bytes())
        session.converse(counter)
        return Measurement.of(counter.account, alphabet.size)

    def sender(
        self, task: Task, y: npt.NDArray[np.int64], auxiliary: bytes | None, progress: Progress | None
    ) -> Sender:
        """Alice's end of the line. Raises InputError for too few auxiliary bytes, where they ride along."""
        return Sender(y, CODERS[self.coder][0](), progress)

    def counter(self, task: Task, y: npt.NDArray[np.int64], progress: Progress | None) -> Counter:
        """An end that counts."""
        return Counter(y, progress)

    def receiver(
        self, n: int, coded: bytes, checks: bytes, returned: int, progress: Progress | None
    ) -> Receiver:
        """Bob's end of the line."""
        return Receiver(n, Whole(coded, self.coder), checks, progress)

    def _at_alice(
        self, x: Any, y: Any, classes: Any, progress: Progress | None
    ) -> tuple[Session, Alphabet, npt.NDArray[np.int64]]:
        """The run of the code that Alice settles on, the alphabet, and the labels as indices, as visited."""
        agreed = None if classes is None else Alphabet.agreed(classes)
        code = self.settled(x, y, classes, progress)
        y = as_labels(y)
        alphabet = agreed or Alphabet.of(y)
        session = Session.begin(code, x, alphabet.size, Numerics.here(code.libraries), predicts=False)
        if len(y) != len(session.task.x):
            raise InputError(f"{len(session.task.x)} inputs need as many labels, not {len(y)}")
        return session, alphabet, session.visited(alphabet.indices(y))


def labels_under(channel: Channel, x: Rows, predict: Callable[[Inputs], Probabilities], floor: float) -> None:
    """All labels of inputs x (n, ...) travel under what `predict` says; see `codable` for the floor."""
    for start in range(0, len(x), _BLOCK):
        channel.labels(codable(predict(x[start : start + _BLOCK]), floor))
