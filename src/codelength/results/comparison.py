"""Who explains the data best, by how many bits, and is that more than the order of the labels makes?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rich import box
from rich.markup import escape
from rich.table import Table

from codelength.channel import Progress
from codelength.codes.catalogue import learning
from codelength.codes.online import OnlineCode
from codelength.entropy import uniform_bits
from codelength.errors import InputError
from codelength.labels import Alphabet
from codelength.learners.calibration import Calibrated
from codelength.learners.frequency import Frequency
from codelength.learners.learner import Learner
from codelength.learners.refit import Refit
from codelength.message import Measurement
from codelength.results.table import LUCK

Floats = npt.NDArray[np.float64]

#: shares of the labels at which the codelengths are told, besides all of them
_EARLIER = (1 / 8, 1 / 4, 1 / 2)


#: what stands for the labels without their inputs, beside the models' names
FREQUENCIES = "the labels' own frequencies"


@dataclasses.dataclass(frozen=True, eq=False)
class Line:
    """Codelengths of the labels under one model, or under their own frequencies.

    `bits` (orders,) are ideal bits of the online code, `course` the mean bits after each of some numbers of
    labels, `accuracy` the share of predictions made before each label was known that were right.
    """

    name: str
    bits: Floats
    accuracy: float
    course: Floats

    @classmethod
    def of(cls, name: str, runs: Sequence[Measurement], at: Sequence[int]) -> Line:
        """A line of a run in each order, with its course at these numbers of labels."""
        bits = np.array([run.ideal_bits for run in runs])
        accuracy = float(np.mean([run.sequential_accuracy or 0.0 for run in runs]))
        courses = np.array([np.interp(at, *_from_zero(run.curve)) for run in runs])
        return cls(name, bits, accuracy, courses.mean(axis=0))

    @property
    def mean(self) -> float:
        """Mean bits over the orders."""
        return float(self.bits.mean())


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """Codelengths of several models of the same labels, in the same orders of visiting.

    `models` come best first, by their mean bits; `frequencies` is the code that sees no input; a model
    must beat it, and the uniform code, to have explained anything. `at` are the numbers of labels of each
    course.
    """

    models: tuple[Line, ...]
    frequencies: Line
    at: tuple[int, ...]
    classes: int

    @property
    def names(self) -> tuple[str, ...]:
        """The models' names, best first."""
        return tuple(line.name for line in self.models)

    @property
    def bits(self) -> Floats:
        """Ideal bits (models, orders), best first."""
        return np.stack([line.bits for line in self.models])

    @property
    def accuracies(self) -> Floats:
        """The models' accuracies (models,), best first."""
        return np.array([line.accuracy for line in self.models])

    @property
    def course(self) -> Floats:
        """The models' mean bits (models, len(at)) after so many labels, best first."""
        return np.stack([line.course for line in self.models])

    @property
    def orders(self) -> int:
        """How many orders of the labels were measured."""
        return len(self.frequencies.bits)

    @property
    def best(self) -> str:
        """The name of the model with the fewest bits in the mean."""
        return self.names[0]

    def difference(self, one: str, other: str) -> tuple[float, float]:
        """How many bits `other` takes more than `one`: mean, and standard error over the orders.

        Both are names of models, or `FREQUENCIES`. Raises InputError for any other.
        """
        gaps = self._gaps(one, other)
        error = gaps.std(ddof=1) / np.sqrt(len(gaps)) if len(gaps) > 1 else float("nan")
        return float(gaps.mean()), float(error)

    def settled(self, one: str, other: str) -> bool:
        """Whether the difference outlasts the spread: one sign in all orders, and over twice its error."""
        mean, error = self.difference(one, other)
        gaps = self._gaps(one, other)
        return bool(abs(mean) > 2 * error and (np.sign(gaps) == np.sign(mean)).all())

    def verdicts(self) -> list[str]:
        """First a warning where no model is surely better than the labels without inputs; then, for each
        model after the best, by how much it is behind, and whether that is sure."""
        return [*self._beside_frequencies(), *(self._verdict(name) for name in self.names[1:])]

    def rendered(self, title: str) -> Table:
        """The table as people read it, in bits."""
        table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("model", overflow="fold")
        for heading in (
            "bits",
            "± spread",
            "ratio",
            "behind",
            "sequential\naccuracy",
            *(f"bits at\n{n:,}" for n in self.at),
        ):
            table.add_column(heading, justify="right")
        uniform = uniform_bits(self.at[-1], self.classes)
        lines = (*self.models, self.frequencies)
        least = np.min([line.course for line in lines], axis=0)
        for place, line in enumerate(lines):
            table.add_row(
                escape(line.name),
                f"{line.mean:,.1f}",
                f"{line.bits.std(ddof=1):.1f}" if self.orders > 1 else "",
                f"{line.mean / uniform:.4f}" if uniform else "",
                f"{line.mean - self.models[0].mean:,.1f}" if place else "",
                f"{100 * line.accuracy:.2f}%",
                *(
                    f"[bold]{bits:,.0f}" if bits == fewest else f"{bits:,.0f}"
                    for bits, fewest in zip(line.course, least, strict=True)
                ),
            )
        return table

    def rows(self) -> list[dict[str, Any]]:
        """The numbers, for JSON: the models best first, then the frequency code, which has no model."""
        named = [("online", line.name, line) for line in self.models]
        return [
            {
                "code": code,
                "model": model,
                "ideal_bits": line.bits.tolist(),
                "mean_bits": line.mean,
                "sequential_accuracy": line.accuracy,
                "course": [[n, float(bits)] for n, bits in zip(self.at, line.course, strict=True)],
            }
            for code, model, line in (*named, ("frequency", None, self.frequencies))
        ]

    def _gaps(self, one: str, other: str) -> Floats:
        """How many bits `other` takes more, in each order."""
        return np.asarray(self._line(other).bits - self._line(one).bits)

    def _line(self, name: str) -> Line:
        for line in (*self.models, self.frequencies):
            if line.name == name:
                return line
        raise InputError(f"{name!r} was not compared (compared: {', '.join(self.names)})")

    def _beside_frequencies(self) -> list[str]:
        """What must be said before any model can be said to explain anything.

        Without inputs the labels take as many bits as by their own frequencies, or by the uniform code.
        """
        uniform = uniform_bits(self.at[-1], self.classes)
        least, name = min((self.frequencies.mean, FREQUENCIES), (uniform, "the uniform code"))
        alone, saved = f"{name} ({least:,.1f})", least - self.models[0].mean
        if saved <= 0:
            return [f"None of these models takes fewer bits than {alone}: they explain nothing here"]
        if saved <= LUCK:  # the spread over orders says nothing of the labels' own luck
            return [f"{self.best} takes {saved:.1f} bits fewer than {alone}, no more than luck explains"]
        if self.orders > 1 and not self.settled(self.best, FREQUENCIES):
            return [self._verdict(FREQUENCIES)]
        return []

    def _verdict(self, name: str) -> str:
        mean, error = self.difference(self.best, name)
        spread = f" ± {error:.1f}" if np.isfinite(error) else ""
        if self.orders == 1:
            return (
                f"{name} takes {mean:,.1f} bits more than {self.best}; one order says nothing of the spread"
            )
        if not self.settled(self.best, name):
            return (
                f"{name} and {self.best} cannot be told apart by {self.orders} orders: "
                f"{mean:,.1f}{spread} bits"
            )
        if self._beside_frequencies():
            return f"{self.best} takes {mean:,.1f}{spread} bits fewer than {name}"
        return (
            f"{self.best} explains these labels better than {name} by {mean:,.1f}{spread} bits: "
            f"they are 2^{mean:,.0f} times as probable under it"
        )


def compare(
    models: Mapping[str, Any] | Sequence[Any],
    x: Any,
    y: Any,
    *,
    classes: Any = None,
    orders: int = 3,
    progress: Progress | None = None,
) -> Comparison:
    """Measures several models' online codelengths of labels y (n,) given inputs x (n, ...).

    A model is a Learner as it is; a scikit-learn classifier, which is refitted at growing blocks and
    calibrated; or a name: of a network, trained on with replay, or of a classifier, or several with + in
    between, which are pooled. In a mapping they have names of your own. All see the same
    `orders` orders of the labels, by the seeds 0, 1, …, of which networks are initialized, too. `classes`
    names the alphabet; where it is not given, it is that of the labels, and left out of all codelengths.

    `progress` is called with each run's account, one run after the other. Raises InputError for fewer
    than two models or no order, AgreementError for what is no model, and before any is measured InputError
    for one that does not fit the inputs.
    """
    named = models if isinstance(models, Mapping) else {_name(model): model for model in models}
    if not 2 <= len(named) == len(models) or orders < 1:
        raise InputError("a comparison takes two models or more, each of another name, and an order or more")
    learners = {name: as_learner(model) for name, model in named.items()}  # all, before any work

    def measured(learner: Learner, progress: Progress | None = None) -> list[Measurement]:
        codes = (OnlineCode(learner, seed=seed) for seed in range(orders))
        return [code.measure(x, y, classes=classes, progress=progress) for code in codes]

    classes = Alphabet.of(y).values if classes is None else classes
    alone = measured(Frequency())
    for learner in learners.values():
        OnlineCode(learner).require_usable(x, y, classes)
    n = alone[0].n
    at = (*sorted({at for share in _EARLIER if (at := round(share * n))}), n)
    lines = [Line.of(name, measured(learner, progress), at) for name, learner in learners.items()]
    best_first = tuple(sorted(lines, key=lambda line: line.mean))
    return Comparison(best_first, Line.of(FREQUENCIES, alone, at), at, alone[0].classes)


def as_learner(model: Any) -> Learner:
    """The learner that stands for a model; see `compare`."""
    if isinstance(model, Learner):
        return model
    if isinstance(model, str):
        return learning(model)
    return Calibrated(Refit(model))


def _name(model: Any) -> str:
    return model if isinstance(model, str) else repr(model)


def _from_zero(curve: Floats) -> tuple[Floats, Floats]:
    labels, bits = np.vstack((np.zeros((1, 2)), curve.reshape(-1, 2))).T
    return labels, bits
