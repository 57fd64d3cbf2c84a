"""The paper's online code: a classifier retrained from scratch on ever longer pasts."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
import threadpoolctl

from codelength import agreement
from codelength.agreement import Within, registered
from codelength.checkpoint import State
from codelength.entropy import KrichevskyTrofimov
from codelength.errors import AgreementError, InputError
from codelength.learners.classifiers import Classifier, seeded
from codelength.learners.learner import Learner
from codelength.learners.local import Local, standing_for
from codelength.learners.past import Past, growing
from codelength.task import Inputs, Labels, Probabilities, Task

#: labels a class after which a classifier that still cannot be fitted is an error, not a late start
PATIENCE = 50

#: labels a class after which a classifier that has been of no use to the last is an error
ENOUGH = 8

#: what a fit on too few labels raises: scikit-learn's ValueErrors, LinAlgError, empty folds
_TOO_FEW = (ValueError, ArithmeticError, LookupError)


@registered("refit")
@dataclass(frozen=True)
class Refit(Learner):
    """A classifier retrained from scratch at block ends that grow geometrically.

    `classifier` is any object with `fit` and `predict_proba`, unfitted, or the name under which both
    sides registered a factory of one. A classifier or Pipeline of scikit-learn's travels as its name and
    its parameters (see `describe`); what cannot travel is measured all the same, and `encode` raises
    AgreementError. It is given inputs (m, F) in float64, and labels from 0 to K - 1. `growth` is how much
    longer the past gets from one fit to the next (1.0: it doubles, as in the paper), `first` the number
    of labels before the first fit.

    Until a fit is possible, labels are predicted by their frequencies (Krichevsky-Trofimov); later
    a class not yet seen keeps the probability that those give it.

    Raises AgreementError for what is no classifier or gives no probabilities, InputError for one that was of
    no use to the last label. Source: Blier and Ollivier, The Description Length of Deep Learning Models,
    NeurIPS 2018, on prequential codes.
    """

    classifier: Classifier | Local | str
    growth: Annotated[float, Within(0.01, 10.0)] = 0.1
    first: Annotated[int, Within(1, 100_000)] = 8

    libraries: ClassVar[frozenset[str]] = frozenset({"scikit-learn"})

    def __post_init__(self) -> None:
        if not isinstance(self.classifier, (Classifier, Local, str)):
            object.__setattr__(self, "classifier", standing_for(self.classifier))
        super().__post_init__()

    def begin(self, task: Task) -> Refitted:
        """A predictor without a fit. Raises AgreementError when there is nothing to build or fit."""
        n, features = len(task.x), int(np.prod(task.x.shape[1:]))
        if isinstance(self.classifier, Classifier):
            self.classifier.check_memory(n, features, task.classes)
        self._build(task.seed)  # an unknown name or parameter is better known before the first label
        return Refitted(lambda: self._build(task.seed), str(self.classifier), task, self._threads(task))

    def schedule(self, n: int, classes: int) -> Iterator[int]:
        """Ends at `first`, then each at (1 + growth) times the one before."""
        return growing(n, self.first, lambda end: max(1, int(end * (1 + self.growth)) - end))

    def _threads(self, task: Task) -> int | None:
        """To be set anew for each fit of a user's own classifier, whose libraries may be loaded late."""
        return None if isinstance(self.classifier, Classifier) else task.numerics.threads

    def _build(self, seed: int) -> Any:
        if not isinstance(self.classifier, str):
            return self.classifier.build(seed)
        made = agreement.factory(self.classifier)()
        if not (hasattr(made, "fit") and hasattr(made, "predict_proba")):
            raise AgreementError(
                f"the factory registered as {self.classifier!r} must return an unfitted classifier "
                f"with fit and predict_proba, not {type(made).__name__}"
            )
        return seeded(made, seed)


class Refitted:
    """A predictor that retrains at every update, on all labels so far."""

    def __init__(self, build: Callable[[], Any], name: str, task: Task, threads: int | None) -> None:
        self._build = build
        self._threads = threads
        self._name = name
        self._x = task.x
        self._past = Past(len(task.x))
        self._frequencies = KrichevskyTrofimov(task.classes)
        self._fitted: Any = None
        self._fitted_to = 0  # labels
        self._columns = np.arange(0)  # the class of each column that the fit predicts
        self._useful = False  # whether it has ever given a probability
        self._reason = ""  # why not, where that is known

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, K) of the last fit for inputs (m, ...), flattened to (m, F) float64.

        Raises InputError when the classifier does not take these inputs.
        """
        prior = self._frequencies.p()
        if self._fitted is None or len(x) == 0:
            return np.tile(prior, (len(x), 1))
        flat = _flat(x)
        try:
            with _quiet(self._threads):
                raw = self._fitted.predict_proba(flat)
        except Exception as error:
            raise InputError(f"{self._name} cannot predict {len(x)} labels: {error}") from error
        good, placed = _placed(raw, self._columns, prior, self._name)
        self._useful |= bool(good.any())
        self._reason = "its predict_proba gives no probabilities"
        return placed

    def update(self, x: Inputs, y: Labels) -> None:
        """Adds the labels (m,) of inputs (m, ...) to the past and fits anew.

        Raises InputError when the classifier cannot be fitted: at once where its parameters are
        wrong, else once there are `PATIENCE` labels a class, or `ENOUGH` with the last label.
        """
        self._past.add(y)
        self._frequencies.learn(y)
        if np.count_nonzero(self._frequencies.seen) >= 2:
            self._fit(self._past.seen)
        n, classes = self._past.seen, len(self._frequencies.seen)
        if self._past.is_whole and n >= ENOUGH * classes and self._reason and not self._useful:
            raise InputError(f"{self._name} could not be fitted to any of the {n} labels: {self._reason}")

    def state(self) -> State:
        """The labels so far, and how many of them the fit has seen: it is made again from those."""
        fit = {"fitted_to": np.array(self._fitted_to), "useful": np.array(self._useful)}
        return self._past.state() | fit

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        self._past.restore(state)
        self._frequencies.learn(self._past.known)
        self._useful = bool(state["useful"])
        if state["fitted_to"]:
            self._fit(int(state["fitted_to"]))

    def _fit(self, count: int) -> None:
        past, labels = _flat(self._x[:count]), self._past.known[:count]
        estimator = self._build()
        try:
            with _quiet(self._threads):
                estimator.fit(past, labels)
                estimator.predict_proba(past[:1])  # some classifiers find only here that data are few
        except Exception as error:  # a user's own classifier may raise anything
            # scikit-learn's complaint about a parameter is a ValueError and a TypeError at once
            too_few = isinstance(error, _TOO_FEW) and not isinstance(error, TypeError)
            if not too_few or len(labels) >= PATIENCE * len(self._frequencies.seen):
                raise InputError(
                    f"{self._name} cannot be fitted to the first {len(labels)} labels: {error}"
                ) from error
            if self._fitted is None:
                self._reason = str(error)
            return  # the fit before, or the frequencies, predict the next block
        if self._fitted is None:
            self._reason = ""
        self._fitted, self._fitted_to = estimator, count
        self._columns = np.asarray(getattr(estimator, "classes_", np.unique(labels)), dtype=np.int64)


def _placed(
    raw: Any, columns: npt.NDArray[np.int64], prior: Probabilities, name: str
) -> tuple[npt.NDArray[np.bool_], Probabilities]:
    """Which of a classifier's scores (m, C) are good, and probabilities (m, K): `prior` (K,) for bad rows."""
    raw = np.asarray(raw, dtype=np.float64)
    if raw.ndim != 2 or raw.shape[1] != len(columns):
        raise InputError(f"{name}.predict_proba must give {len(columns)} columns, not shape {raw.shape}")
    placed = np.tile(prior, (len(raw), 1))
    with np.errstate(all="ignore"):
        total = raw.sum(axis=1)
    good = np.isfinite(total) & (total > 0) & (raw >= 0).all(axis=1)
    unseen = np.delete(prior, columns).sum()
    placed[np.ix_(good, columns)] = (1 - unseen) * (raw[good] / total[good, None])
    return good, placed


def _flat(x: Inputs) -> npt.NDArray[np.float64]:
    """Inputs (m, ...) as a copy (m, F) in float64: no classifier works on the caller's own."""
    try:
        return np.array(x.reshape(len(x), -1), dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise InputError(f"a classifier needs inputs that are numbers: {error}") from error


@contextlib.contextmanager
def _quiet(threads: int | None) -> Iterator[None]:
    """No warnings: that a fit on few labels did not converge is expected. `threads` are set, if given."""
    limits = contextlib.nullcontext() if threads is None else threadpoolctl.threadpool_limits(threads)
    with limits, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
