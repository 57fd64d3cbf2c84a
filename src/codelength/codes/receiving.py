"""Bob's side: from a message and the inputs to the labels, or to one clear error."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy.typing as npt

from codelength.agreement import name_of, unpack
from codelength.channel import Progress, Receiver
from codelength.checkpoint import Checkpoint
from codelength.codes.best import BestOf
from codelength.codes.code import Code
from codelength.codes.session import Session, numerics_of
from codelength.codes.shannon import ShannonCode
from codelength.codes.two_part import TwoPartCode
from codelength.compression.deep import DeepCompression
from codelength.data.arrays import Array, alike, as_inputs
from codelength.errors import CodelengthError, InputError, MessageError, OtherInputsError
from codelength.labels import Alphabet
from codelength.learners.learner import Predictor
from codelength.message import Measurement, Message, seal_of


@dataclasses.dataclass(frozen=True, eq=False)
class Received:
    """What Bob has when the conversation has ended."""

    labels: npt.NDArray[Any]  # (n,), in the order of his inputs
    measurement: Measurement
    auxiliary: bytes  # that rode along, where the code gives bits back
    _alphabet: Alphabet = dataclasses.field(repr=False)
    _session: Session = dataclasses.field(repr=False)
    _predictor: Predictor | None = dataclasses.field(repr=False)
    # other inputs as those of the message were read
    _read: Callable[[Any], Array] = dataclasses.field(repr=False)

    def predict(self, x: Any) -> npt.NDArray[Any] | None:
        """The most likely labels of other inputs (m, ...); None if the code has not learned to predict.

        A table is read by the columns and categories of the one that the message was decoded with. Raises
        InputError for inputs that cannot be used, other columns and unknown categories.
        """
        if self._predictor is None:
            return None
        x = self._read(x)
        with self._session.task.numerics.enforced(self._session.code.libraries):
            return self._alphabet.labels(self._predictor.predict(x).argmax(axis=1))


def decode(message: Message | bytes, x: Any, *, model: Any = None) -> npt.NDArray[Any]:
    """The labels (n,) of a message, given the inputs x (n, ...) alone. See `receive`."""
    return receive(message, x, model=model, predicts=False).labels


def receive(
    message: Message | bytes,
    x: Any,
    *,
    model: Any = None,
    predicts: bool = True,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> Received:
    """Decodes a message with the inputs x (n, ...) that it was made for, in any order.

    `model` is what a Shannon code was agreed on. Without `predicts`, nothing is learned after the last
    label: what is then received predicts nothing. With a `checkpoint` the run is kept on disk, and goes
    on from there. Raises MessageError for bytes that are no whole message, OtherInputsError for other
    inputs, NumericsError where this machine computes other floats, AgreementError for names that are not
    known here, and InputError for inputs that cannot be used, a model that is missing or not wanted, and
    another run's checkpoint. No labels are returned in any of these cases.
    """
    if isinstance(message, str | Path):
        raise InputError("a message is given as its bytes, or read first: Message.load(path)")
    if not isinstance(message, Message):
        message = Message.from_bytes(bytes(message))
    session, receiver = _opened(message, x, model, predicts, progress)
    with _distrusted():
        _, predictor = session.converse(receiver, message.header, checkpoint, message.seal)
    receiver.finish()
    indices = receiver.heard()
    auxiliary = receiver.auxiliary
    if seal_of(message.body, indices, auxiliary) != message.seal:
        raise MessageError("the decoded labels do not match the message's seal; no labels are returned")
    alphabet = message.alphabet
    measurement = Measurement.of(receiver.account, alphabet.size)
    labels = alphabet.labels(session.callers(indices))
    plain = session.code.masked(auxiliary)
    read = alike(x) if predicts else as_inputs
    kept = predictor if predicts else None
    return Received(labels, measurement, plain, alphabet, session, kept, read)


def parameter_stages(message: Message, x: Any) -> dict[str, float]:
    """What the parameters in a two-part message took after each stage of their compression, in bits.

    Reads the parameters and no label. Empty for other codes. Raises what `receive` raises.
    """
    code = named_code(message)
    if not isinstance(code.codes[0] if isinstance(code, BestOf) else code, TwoPartCode):
        return {}
    session, receiver = _opened(message, x)
    with _distrusted(), session.task.numerics.enforced(session.code.libraries):
        code = session.code.spoken(receiver)
        assert isinstance(code, TwoPartCode)
        if isinstance(code.compression, DeepCompression):  # the only one that has stages
            code.first_part(receiver, session.task)
    return receiver.account.stages


@contextlib.contextmanager
def _distrusted() -> Iterator[None]:
    """Whatever a library says of a forger's parameters is a MessageError."""
    try:
        yield
    except CodelengthError:
        raise
    except Exception as error:
        raise MessageError(f"the message cannot be decoded: {type(error).__name__}: {error}") from error


def _opened(
    message: Message, x: Any, model: Any = None, predicts: bool = False, progress: Progress | None = None
) -> tuple[Session, Receiver]:
    """Bob's end of the conversation before its first word."""
    header, alphabet = message.header, message.alphabet
    code = code_of(message, model)
    numerics = numerics_of(header)
    numerics.require_here(code.libraries, header.surroundings)
    session = Session.begin(code, x, alphabet.size, numerics, predicts=predicts)
    n = len(session.task.x)
    if n != header.n or session.inputs != header.inputs:
        raise OtherInputsError(
            f"the message was made for {header.n} inputs, and these {n} are not the same; "
            "Bob needs the very inputs (values, shape and dtype) that Alice had (of a table that still holds "
            "its labels, name their column: --target)"
        )
    receiver = code.receiver(n, message.coded, message.checks, header.returned, progress)
    receiver.named(message.preamble)
    return session, receiver


def named_code(message: Message) -> Code:
    """The code that a message names, with no model yet.

    Raises AgreementError for one that is not known here, MessageError for what is none, and for auxiliary
    bytes in a code that gives none back.
    """
    code = unpack(message.header.code)
    if not isinstance(code, Code):
        raise MessageError("the message names no code")
    if message.header.returned and not code.gives_back:
        raise MessageError("the message names auxiliary bytes, and its code gives none back")
    return code


def code_of(message: Message, model: Any = None) -> Code:
    """The code a message names, with the model its owner was agreed on, if the code wants one."""
    code = named_code(message)
    wants = isinstance(code, ShannonCode)
    if wants != (model is not None):
        need = "needs the model that both ends hold: give it as `model`" if wants else "takes no model"
        raise InputError(f"a message of the code {name_of(code)!r} {need}")
    return dataclasses.replace(code, model=model) if isinstance(code, ShannonCode) else code
