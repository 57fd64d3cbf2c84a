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
from codelength.learners.calibration import Calibrated
from codelength.learners.learner import Learner
from codelength.learners.refit import Refit

Floats = npt.NDArray[np.float64]

#: shares of the labels at which the codelengths are told, besides all of them
_EARLIER = (1 / 8, 1 / 4, 1 / 2)


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """Codelengths of several models of the same labels, in the same orders of visiting.

    `bits` (models, orders) are ideal bits of the online code; models come best first, by their mean.
    `at` are numbers of labels, `course` (models, len(at)) the mean bits after so many.
    """

    names: tuple[str, ...]
    bits: Floats
    accuracies: Floats  # (models,), of predictions made before each label was known
    at: tuple[int, ...]
    course: Floats
    classes: int

    @property
    def best(self) -> str:
        """The name of the model with the fewest bits in the mean."""
        return self.names[0]

    def difference(self, one: str, other: str) -> tuple[float, float]:
        """How many bits `other` takes more than `one`: mean, and standard error over the orders."""
        gaps = self._gaps(one, other)
        error = gaps.std(ddof=1) / np.sqrt(len(gaps)) if len(gaps) > 1 else float("nan")
        return float(gaps.mean()), float(error)

    def settled(self, one: str, other: str) -> bool:
        """Whether the difference outlasts the spread: one sign in all orders, and over twice its error."""
        mean, error = self.difference(one, other)
        gaps = self._gaps(one, other)
        return bool(abs(mean) > 2 * error and (np.sign(gaps) == np.sign(mean)).all())

    def verdicts(self) -> list[str]:
        """A sentence for each model after the best: by how much it is behind, and whether that is sure."""
        return [self._verdict(name) for name in self.names[1:]]

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
        leaders = self.course.argmin(axis=0)
        for row, name in enumerate(self.names):
            mean = self.bits[row].mean()
            earlier = [
                f"[bold]{bits:,.0f}" if leaders[place] == row else f"{bits:,.0f}"
                for place, bits in enumerate(self.course[row])
            ]
            table.add_row(
                escape(name),
                f"{mean:,.1f}",
                f"{self.bits[row].std(ddof=1):.1f}" if self.bits.shape[1] > 1 else "",
                f"{mean / uniform:.4f}" if uniform else "",
                f"{self.difference(self.best, name)[0]:,.1f}" if row else "",
                f"{100 * self.accuracies[row]:.2f}%",
                *earlier,
            )
        return table

    def rows(self) -> list[dict[str, Any]]:
        """The numbers, for JSON."""
        return [
            {
                "model": name,
                "ideal_bits": [float(bits) for bits in self.bits[row]],
                "mean_bits": float(self.bits[row].mean()),
                "sequential_accuracy": float(self.accuracies[row]),
                "course": [[n, float(bits)] for n, bits in zip(self.at, self.course[row], strict=True)],
            }
            for row, name in enumerate(self.names)
        ]

    def _gaps(self, one: str, other: str) -> Floats:
        """How many bits `other` takes more, in each order."""
        return np.asarray(self.bits[self._row(other)] - self.bits[self._row(one)])

    def _row(self, name: str) -> int:
        if name not in self.names:
            raise InputError(f"{name!r} was not compared (compared: {', '.join(self.names)})")
        return self.names.index(name)

    def _verdict(self, name: str) -> str:
        mean, error = self.difference(self.best, name)
        spread = f" ± {error:.1f}" if np.isfinite(error) else ""
        if self.bits.shape[1] == 1:
            return (
                f"{name} takes {mean:,.1f} bits more than {self.best}; one order says nothing of the spread"
            )
        if not self.settled(self.best, name):
            orders = self.bits.shape[1]
            return f"{name} and {self.best} cannot be told apart by {orders} orders: {mean:,.1f}{spread} bits"
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
    `orders` orders of the labels, by the seeds 0, 1, …, of which networks are initialized, too.

    `progress` is called with each run's account, one run after the other. Raises InputError for fewer
    than two models or no order, AgreementError for a model that cannot travel.
    """
    named = models if isinstance(models, Mapping) else {_name(model): model for model in models}
    if not 2 <= len(named) == len(models) or orders < 1:
        raise InputError("a comparison takes two models or more, each of another name, and an order or more")
    learners = {name: as_learner(model) for name, model in named.items()}  # all, before any work
    codes = [OnlineCode(learner, seed=seed) for learner in learners.values() for seed in range(orders)]
    runs = [code.measure(x, y, classes=classes, progress=progress) for code in codes]
    n = runs[0].n
    at = (*sorted({at for share in _EARLIER if (at := round(share * n))}), n)
    bits = np.array([run.ideal_bits for run in runs]).reshape(-1, orders)
    accuracies = np.array([run.sequential_accuracy or 0.0 for run in runs]).reshape(-1, orders).mean(axis=1)
    courses = np.array([np.interp(at, *_from_zero(run.curve)) for run in runs])
    course = courses.reshape(-1, orders, len(at)).mean(axis=1)
    best = np.argsort(bits.mean(axis=1), kind="stable")
    names = tuple(list(learners)[place] for place in best)
    return Comparison(names, bits[best], accuracies[best], at, course[best], runs[0].classes)


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
