"""Calibration forward: the formula, and learners that are too sure, too modest or just right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier

from codelength.agreement import pack, registered, unpack
from codelength.errors import AgreementError
from codelength.learners.calibration import DOUBTS, TEMPERATURES, TINY, Calibrated, Calibration
from codelength.learners.frequency import Frequency
from codelength.learners.learner import Learner
from codelength.learners.refit import Refit
from codelength.task import Inputs, Labels, Probabilities, Task

from ..made import task_of


def bits(p: Probabilities, y: Labels) -> float:
    return float(-np.log2(p[np.arange(len(y)), y]).sum())


def run(learner: Learner, x: Inputs, y: Labels, classes: int) -> Probabilities:
    predictor, rows, start = learner.begin(task_of(x, classes)), [], 0
    for end in learner.schedule(len(x), classes):
        rows.append(predictor.predict(x[start:end]))
        predictor.update(x[start:end], y[start:end])
        start = end
    return np.concatenate(rows)


def forward(p: Probabilities, y: Labels, block: int = 100) -> Probabilities:
    calibration, rows = Calibration(p.shape[1], 2.0), []
    for start in range(0, len(p), block):
        rows.append(calibration.apply(p[start : start + block]))
        calibration.update(p[start : start + block], y[start : start + block])
    return np.concatenate(rows)


def test_the_formula() -> None:
    """Against the docstring, term by term."""
    random = np.random.RandomState(0)
    p, y = random.dirichlet(np.ones(4), 12), random.randint(0, 4, 12)
    p[3] = [1, 0, 0, 0]

    def q(rows: Probabilities, temperature: float, doubt: float) -> Probabilities:
        powers = np.maximum(rows, TINY) ** (1 / temperature)
        return (1 - doubt) * powers / powers.sum(axis=1, keepdims=True) + doubt / 4

    calibration = Calibration(4, forget=3.0)
    calibration.update(p[:5], y[:5])
    calibration.update(p[5:8], y[5:8])
    expected, total = np.zeros((4, 4)), 0.0
    for temperature in TEMPERATURES:
        for doubt in DOUBTS:
            log_loss = [-np.log(q(p[i : i + 1], temperature, doubt)[0, y[i]]) for i in range(8)]
            score = (5 / 8) ** 3 * sum(log_loss[:5]) + sum(log_loss[5:])
            weight = np.exp(-(np.log(temperature) ** 2) / 2 - score)
            expected += weight * q(p[8:], temperature, doubt)
            total += weight
    np.testing.assert_allclose(calibration.apply(p[8:]), expected / total, rtol=1e-12)


@given(st.integers(1, 6), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_rows_are_probabilities_without_zeros(classes: int, n: int, seed: int) -> None:
    random = np.random.RandomState(seed)
    p, y = np.eye(classes)[random.randint(0, classes, n)], random.randint(0, classes, n)
    q = forward(p, y, 7) if n else Calibration(classes, 2.0).apply(p)
    assert q.shape == p.shape
    assert q.dtype == np.float64
    assert q.flags.c_contiguous
    assert (q > 0).all()
    np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-12)


def synthetic(n: int, temperature: float) -> tuple[Probabilities, Probabilities, Labels]:
    """True probabilities, the same seen by a learner whose confidence is off, and labels."""
    random = np.random.RandomState(0)
    logits = 2 * random.randn(n, 5)
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = np.array([random.choice(5, p=row) for row in true])
    said = true**temperature
    return true, said / said.sum(axis=1, keepdims=True), y


@pytest.mark.parametrize("temperature", [0.2, 0.5, 2.0, 4.0])
def test_finds_the_temperature(temperature: float) -> None:
    true, said, y = synthetic(3000, temperature)
    assert bits(said, y) > bits(true, y) + 150
    late = slice(200, None)  # the first block of 100 goes as the learner has it
    assert bits(forward(said, y)[late], y[late]) < bits(true[late], y[late]) + 15


def test_costs_little_where_nothing_is_wrong() -> None:
    true, said, y = synthetic(3000, 1.0)
    assert bits(forward(said, y), y) < bits(true, y) + 12


def test_doubt_falls_to_a_millionth() -> None:
    """A learner that is always right, as networks are late in MNIST, ends near certainty."""
    y = np.arange(60_000) % 10
    p = np.full((60_000, 10), 1e-9)
    p[np.arange(60_000), y] = 1 - 9e-9
    q = forward(p, y, 500)
    assert bits(q[-10_000:], y[-10_000:]) < 0.3
    assert bits(q, y) < 50


def test_mistakes_made_with_certainty_are_survived() -> None:
    y = np.arange(5000) % 10
    p = np.eye(10)[np.where(np.arange(5000) % 50 == 0, (y + 1) % 10, y)]
    ideal = 5000 * (-(0.02 * np.log2(0.02 / 9) + 0.98 * np.log2(0.98)))
    assert bits(forward(p, y), y) < 1.03 * ideal + 20


@registered("parrot for a test")
@dataclass(frozen=True)
class Parrot(Learner):
    """Says what it was begun with, and counts what it was asked."""

    def begin(self, task: Task) -> ParrotPredictor:
        return ParrotPredictor(task.classes)

    def schedule(self, n: int, classes: int) -> Iterator[int]:
        yield from range(10, n + 1, 10)


class ParrotPredictor:
    def __init__(self, classes: int) -> None:
        self.classes, self.asked, self.learned = classes, 0, 0

    def predict(self, x: Inputs) -> Probabilities:
        self.asked += 1
        p: Probabilities = np.abs(np.sin(x[:, :1] * np.arange(1, self.classes + 1) + self.learned)) + 0.01
        return p / p.sum(axis=1, keepdims=True)

    def update(self, x: Inputs, y: Labels) -> None:
        self.learned += len(y)


def test_predictions_of_other_inputs_change_nothing() -> None:
    x, y = np.random.RandomState(0).rand(40, 2), np.arange(40) % 3
    plain = run(Calibrated(Parrot()), x, y, 3)
    predictor = Calibrated(Parrot()).begin(task_of(x, 3))
    for start in range(0, 40, 10):
        block = x[start : start + 10].copy()
        assert (predictor.predict(block) == plain[start : start + 10]).all()
        if start != 20:  # then the test set is predicted between the block and its labels
            predictor.predict(x[::-1][:10])
        predictor.update(x[start : start + 10], y[start : start + 10])
    assert predictor._inner.asked == 4 + 3 + 3  # type: ignore[attr-defined]


def test_travels_and_delegates() -> None:
    learner = Calibrated(Refit(KNeighborsClassifier(3), growth=1.0), forget=1.0)
    assert unpack(pack(learner)) == learner
    assert hash(unpack(pack(learner))) == hash(learner)
    assert list(learner.schedule(100, 10)) == [8, 16, 32, 64, 100]
    assert learner.libraries == {"scikit-learn", "numpy"}
    assert Calibrated(Frequency()).libraries == {"numpy"}
    with pytest.raises(AgreementError, match="learner"):
        Calibrated("refit")  # type: ignore[arg-type]
    given_ = task_of(np.random.RandomState(0).rand(200, 4), 3)
    assert learner.probe(given_).shape == (64, 3)
    assert (learner.probe(given_) == learner.probe(given_)).all()


@pytest.mark.parametrize(
    ("estimator", "most"), [(KNeighborsClassifier(3), 440), (RandomForestClassifier(10), 1000)]
)
def test_digits(estimator: object, most: float) -> None:
    digits = load_digits()
    order = np.random.RandomState(0).permutation(len(digits.target))
    x, y = digits.data[order], digits.target[order].astype(np.int64)
    learner = Refit(estimator, growth=0.3)  # type: ignore[arg-type]
    calibrated = bits(run(Calibrated(learner), x, y, 10), y)
    plain = 0.99 * run(learner, x, y, 10) + 0.001
    assert calibrated < min(most, bits(plain, y))
