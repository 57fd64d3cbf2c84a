"""One code on one data set: Alice's run, Bob's run, and the row that tells of both."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codelength.channel import Progress
from codelength.checkpoint import Checkpoint
from codelength.codes.best import BestOf
from codelength.codes.catalogue import build, entry
from codelength.codes.code import Code
from codelength.codes.held import Held, held_path, split
from codelength.codes.receiving import Received, named_code, receive
from codelength.codes.shannon import ShannonCode
from codelength.data import DataSet
from codelength.errors import AgreementError, CodelengthError, InputError
from codelength.labels import Alphabet
from codelength.message import Measurement, Message
from codelength.profile import is_portable
from codelength.results.curve import thinned
from codelength.results.runs import Row


@dataclasses.dataclass(frozen=True, eq=False)
class Experiment:
    """A code by name on a data set, with its model and the seed of the order of visiting.

    Where the model was chosen `among` several by looking at the labels, the message names it.
    """

    data: DataSet
    code: str
    model: str | None = None
    seed: int = 0
    among: tuple[str, ...] = ()

    def settled(self, progress: Progress | None = None, auxiliary: bytes | None = None) -> Experiment:
        """With the model whose codelength is the shortest, all measured, where none was named.

        Raises InputError before that where the `auxiliary` bytes could not ride along with each of them.
        """
        if not self.among or self.model is not None:
            return self
        best, x, y, classes = self._best_of(), self.data.x, self._labels(), self.data.classes
        if auxiliary is not None:
            for code in best.codes:
                code.require_usable(x, y, classes, auxiliary)
        settled = best.settled(x, y, classes, progress)
        return dataclasses.replace(self, model=self.among[settled.choice])

    def encode(
        self,
        progress: Progress | None = None,
        checkpoint: Checkpoint | None = None,
        auxiliary: bytes | None = None,
    ) -> tuple[Message, Held | None]:
        """Alice's run: the message, and what both ends must hold besides, for a Shannon code.

        Of that one it is the fit of the model which a `checkpoint` keeps.
        """
        code, x, y, held = self._prepared(progress, checkpoint)
        classes = self.data.classes
        checkpoint = None if held else checkpoint
        message = code.encode(
            x, y, classes=classes, auxiliary=auxiliary, progress=progress, checkpoint=checkpoint
        )
        return message, held

    def measure(self, progress: Progress | None = None) -> Measurement:
        """Counts what `encode` would send."""
        code, x, y, _ = self._prepared(progress)
        return code.measure(x, y, classes=self.data.classes, progress=progress)

    @property
    def model_name(self) -> str | None:
        return build(self.code, self.data.x, self.model, self.seed)[1]

    def _labels(self) -> npt.NDArray[Any]:
        """Alice's labels. Raises InputError if there are none."""
        if self.data.y is None:
            raise InputError(f"{self.data.name} has no labels to send; Alice needs them")
        return self.data.y

    def _best_of(self) -> BestOf:
        """The code with each of the models to choose among. Raises AgreementError if both ends hold one."""
        if entry(self.code).held:
            raise AgreementError(f"both ends hold the model of {self.code!r}: name one, not several among")
        codes = [build(self.code, self.data.x, model, self.seed)[0] for model in self.among]
        return BestOf(tuple(codes), seed=self.seed)

    def _prepared(
        self, progress: Progress | None, checkpoint: Checkpoint | None = None
    ) -> tuple[Code, npt.NDArray[Any], npt.NDArray[Any], Held | None]:
        data, labels = self.data, self._labels()
        catalogued = entry(self.code)
        code, model = build(self.code, data.x, self.model, self.seed)
        if self.among and model is not None:
            if model not in self.among:
                raise AgreementError(f"{model!r} is not among {', '.join(self.among)}")
            code = dataclasses.replace(self._best_of(), chosen=self.among.index(model))
        if catalogued.held is None or model is None:
            return code, data.x, labels, None
        held = Held.of(catalogued.held(model), data.x, labels, self.seed)
        _, rest = split(data.x, self.seed)
        x, y = data.x[rest], labels[rest]
        # not agreed in advance, the alphabet is that of the labels to be sent, and travels with them
        alphabet = Alphabet.of(y) if data.classes is None else Alphabet.agreed(data.classes)
        agreed = held.model(data.x, alphabet, progress, checkpoint)
        code = dataclasses.replace(code, model=agreed)  # type: ignore[call-arg]
        return code, x, y, held


def decode_file(
    path: Path,
    data: DataSet,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
    predicts: bool = False,
) -> tuple[npt.NDArray[Any], Received]:
    """Bob's run: the labels (n,) of all inputs, and what he received, to predict with if he `predicts`."""
    message = Message.load(path)
    if not isinstance(named_code(message), ShannonCode):
        received = receive(message, data.x, predicts=predicts, progress=progress, checkpoint=checkpoint)
        return received.labels, received
    held = Held.load(held_path(path))
    first, rest = split(data.x, held.seed)
    model = held.model(data.x, message.alphabet, progress, checkpoint)
    received = receive(message, data.x[rest], model=model, predicts=predicts, progress=progress)
    both = np.concatenate((held.labels, received.labels))
    labels = np.empty_like(both)
    labels[np.concatenate((first, rest))] = both
    return labels, received


def second_process(path: Path, data: DataSet, arguments: list[str]) -> Row:
    """Bob, in a process of his own: what he decoded, compared with Alice's labels.

    `arguments` name the data as the command line does. Raises CodelengthError with Bob's own words
    when he fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, predicted = Path(folder) / "labels.npy", Path(folder) / "predicted.npy"
        command = [sys.executable, "-m", "codelength", "decode", str(path), *arguments, "--out", str(out)]
        if data.x_test is not None:
            command += ["--predict", str(predicted)]
        started = time.perf_counter()
        bob = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        if bob.returncode:
            raise CodelengthError(f"the second process could not decode {path.name}: {bob.stderr.strip()}")
        labels = np.load(out, allow_pickle=False)
        accuracy = None
        if predicted.exists() and data.y_test is not None:
            accuracy = float((np.load(predicted, allow_pickle=False) == data.y_test).mean())
    return {
        "test_accuracy": accuracy,
        "decode_seconds": round(seconds, 2),
        "decoded": bool(np.array_equal(labels, np.asarray(data.y))),
    }


def counted(experiment: Experiment, measured: Measurement) -> Row:
    """What a row says of a run that was counted, whether or not a message was written; in ideal bits."""
    return {
        "data": experiment.data.name,
        "data_digest": experiment.data.digest,
        "portable": is_portable(),
        "code": experiment.code,
        "model": experiment.model_name,
        "n": measured.n,
        "classes": measured.classes,
        "ideal_bits": measured.ideal_bits,
        "alphabet_bits": measured.alphabet_bits,
        "parameter_bits": measured.parameter_bits,
        "choice_bits": measured.choice_bits,
        "among": list(experiment.among),  # the models that this one was chosen of
        "bound_bits": measured.bound_bits,
        "bound_error": measured.bound_error,
        "stages": measured.stages,  # parameter bits after each
        "layers": measured.layers,  # divergence of each tensor of parameters, in bits
        "shares": _courses(measured.shares),  # of mixed learners: [labels, weight]
        "alone": _courses(measured.alone),  # had each been alone: [labels, ideal bits]
        "ratio": measured.ratio,
        "sequential_accuracy": measured.sequential_accuracy,
        "seed": experiment.seed,
        "curve": thinned(measured.curve),  # [labels, ideal bits so far]
    }


def row(experiment: Experiment, message: Message, encode_seconds: float) -> Row:
    """A row of the table, as Alice knows it, its ratio the payload's; what only Bob can say is None."""
    assert message.measurement is not None, "it came of encoding"
    return counted(experiment, message.measurement) | {
        "payload_bits": message.payload_bits,
        "framing_bits": message.framing_bits,
        "message_bits": message.message_bits,
        "returned_bits": message.returned_bits,
        "ratio": message.ratio,
        "ratio_with_framing": message.ratio_with_framing,
        "test_accuracy": None,
        "encode_seconds": round(encode_seconds, 2),
        "decode_seconds": None,
        "decoded": False,
    }


def _courses(courses: dict[str, list[tuple[int, float]]]) -> dict[str, list[list[float]]]:
    return {name: thinned(np.array(course), 4) for name, course in courses.items()}


def encoded(
    experiment: Experiment,
    path: Path,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
    auxiliary: bytes | None = None,
) -> tuple[Message, Held | None, Row]:
    """Alice's run into the file `path`; what must be held besides goes into one beside it. See `encode`."""
    started = time.perf_counter()
    experiment = experiment.settled(progress, auxiliary)
    message, held = experiment.encode(progress, checkpoint, auxiliary)
    seconds = time.perf_counter() - started + (checkpoint.before if checkpoint else 0.0)
    message.save(path)
    if held:
        held.save(held_path(path))
    return message, held, row(experiment, message, seconds)
