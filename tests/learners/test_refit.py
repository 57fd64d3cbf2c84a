"""Refitting at growing blocks: schedules, classes not yet seen, and fits that are not possible."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import pytest
import threadpoolctl
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from codelength.agreement import pack, register, unpack
from codelength.entropy import KrichevskyTrofimov
from codelength.errors import AgreementError, InputError
from codelength.learners.classifiers import Classifier
from codelength.learners.refit import ENOUGH, PATIENCE, Refit
from codelength.numerics import cores
from codelength.task import Probabilities, Task

from ..made import task_of


def task(n: int = 120, classes: int = 3, shape: tuple[int, ...] = (4,)) -> tuple[Task, np.ndarray]:
    random = np.random.RandomState(0)
    y = random.randint(0, classes, n)
    x = random.rand(n, *shape) + y.reshape(-1, *[1] * len(shape))
    return task_of(x, classes), y


def run(learner: Refit, given: Task, y: np.ndarray) -> Probabilities:
    predictor, rows, start = learner.begin(given), [np.empty((0, given.classes))], 0
    for end in learner.schedule(len(given.x), given.classes):
        rows.append(predictor.predict(given.x[start:end]))
        predictor.update(given.x[start:end], y[start:end])
        start = end
    return np.concatenate(rows)


def bits(p: Probabilities, y: np.ndarray) -> float:
    return float(-np.log2(p[np.arange(len(y)), y]).sum())


def test_takes_an_estimator_and_travels() -> None:
    learner = Refit(make_pipeline(StandardScaler(), KNeighborsClassifier(3)), growth=0.5)
    assert isinstance(learner.classifier, Classifier)
    assert unpack(pack(learner)) == learner
    assert Refit(learner.classifier, growth=0.5) == learner
    with pytest.raises(AgreementError, match=r"codelength\.register"):
        Refit(object())  # type: ignore[arg-type]
    with pytest.raises(AgreementError, match="growth"):
        Refit(GaussianNB(), growth=0.0)


@given(st.integers(0, 3000), st.floats(0.01, 10.0), st.integers(1, 100))
def test_schedule(n: int, growth: float, first: int) -> None:
    ends = list(Refit(Classifier("GaussianNB", ()), growth, first).schedule(n, 10))
    assert all(a < b for a, b in zip([0, *ends], ends, strict=False))
    assert (ends[-1] if ends else 0) == n
    for a, b in pairwise(ends[:-1]):
        assert b == max(a + 1, int(a * (1 + growth)))


def test_the_paper_s_blocks() -> None:
    ends = list(Refit(Classifier("GaussianNB", ()), growth=1.0, first=8).schedule(60_000, 10))
    assert ends == [8 * 2**i for i in range(13)] + [60_000]


def test_learns_and_is_the_same_twice() -> None:
    given_, y = task(shape=(2, 2))
    for estimator in (LogisticRegression(), RandomForestClassifier(3), GaussianNB()):
        p = run(Refit(estimator, growth=0.5), given_, y)
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
        assert (p == run(Refit(estimator, growth=0.5), given_, y)).all()
        assert (p[60:].argmax(axis=1) == y[60:]).mean() > 0.7
    assert bits(run(Refit(LogisticRegression(), growth=0.3), given_, y), y) < 120 * np.log2(3) / 2


@pytest.mark.parametrize("n", [0, 1, 2, 9])
def test_few_labels(n: int) -> None:
    given_, y = task(n)
    p = run(Refit(KNeighborsClassifier(3)), given_, y)
    assert p.shape == (n, 3)
    assert (p[:8] == 1 / 3).all()


def test_one_class_only_is_the_frequencies() -> None:
    given_, y = task(50)
    p = run(Refit(LogisticRegression()), given_, np.zeros_like(y))
    start = 0
    for end in Refit(LogisticRegression()).schedule(50, 3):
        assert (p[start:end] == (np.array([start, 0, 0]) + 0.5) / (start + 1.5)).all()
        start = end


def test_a_class_not_yet_seen_keeps_its_share() -> None:
    given_, y = task(30)
    y = np.where(y == 1, 3, y)  # classes 1 and 4 never come
    given_ = task_of(given_.x, 5)
    predictor = Refit(GaussianNB()).begin(given_)
    predictor.update(given_.x, y)
    p = predictor.predict(given_.x[:7])
    share = 0.5 / (30 + 2.5)
    assert (p[:, [1, 4]] == share).all()
    own = GaussianNB().fit(given_.x, y).predict_proba(given_.x[:7])
    np.testing.assert_allclose(p[:, [0, 2, 3]], (1 - 2 * share) * own, rtol=1e-14)


def test_the_last_update_is_learned_and_other_inputs_can_be_predicted() -> None:
    given_, y = task()
    predictor = Refit(KNeighborsClassifier(1)).begin(given_)
    predictor.update(given_.x[:60], y[:60])
    predictor.update(given_.x[60:], y[60:])
    assert (predictor.predict(given_.x).argmax(axis=1) == y).all()
    assert predictor.predict(given_.x[:0]).shape == (0, 3)
    assert predictor.predict(np.zeros((9, 4))).shape == (9, 3)


def test_inputs_are_not_written_to() -> None:
    given_, y = task()
    before = given_.x.copy()
    run(Refit(make_pipeline(StandardScaler(copy=False), GaussianNB())), given_, y)
    assert (given_.x == before).all()


class Broken:
    """A classifier of the user's with rows that are no probabilities."""

    def fit(self, x: Any, y: Any) -> Broken:
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, x: Any) -> Any:
        rows = np.full((len(x), len(self.classes_)), 0.5)
        rows[0], rows[1:2, 0], rows[2:3], rows[3:4, 0] = np.nan, -1, 0, np.inf
        return rows


def broken() -> Broken:
    return Broken()


def test_rows_that_are_no_probabilities_give_way_to_the_frequencies() -> None:
    register("broken for a test", broken)
    given_, y = task(40)
    predictor = Refit("broken for a test").begin(given_)
    predictor.update(given_.x, y)
    p = predictor.predict(given_.x[:6])
    frequencies = KrichevskyTrofimov(3)
    frequencies.learn(y)
    assert (p[:4] == frequencies.p()).all()
    np.testing.assert_allclose(p[4:], 1 / 3)


class Counting(GaussianNB):
    """Takes down how many threads the libraries have while it is fitted."""

    threads: ClassVar[list[int]] = []

    def fit(self, x: Any, y: Any) -> Counting:
        self.threads += [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
        return super().fit(x, y)


@pytest.mark.skipif(len(cores()) < 2, reason="there is one thread anyway")
def test_a_classifier_of_the_users_has_the_agreed_threads() -> None:
    register("counting for a test", Counting)
    given_, y = task(40)
    Refit("counting for a test").begin(given_).update(given_.x, y)
    assert set(Counting.threads) == {1}


def test_names_that_cannot_be_built() -> None:
    with pytest.raises(AgreementError, match="nobody's"):
        Refit("nobody's").begin(task()[0])
    register("no classifier of a test", dict)
    with pytest.raises(AgreementError, match="predict_proba"):
        Refit("no classifier of a test").begin(task()[0])
    with pytest.raises(AgreementError, match="unheard_of"):
        Refit(Classifier("GaussianNB", ("unheard_of", 1))).begin(task()[0])


def test_a_wrong_parameter_is_an_error_at_once() -> None:
    given_, y = task(20)
    predictor = Refit(LogisticRegression(solver="magic")).begin(given_)
    with pytest.raises(InputError, match="solver"):
        predictor.update(given_.x, y)


def test_too_few_labels_are_waited_for_but_not_for_ever() -> None:
    given_, y = task(PATIENCE * 3)
    early = run(Refit(KNeighborsClassifier(90)), given_, y)  # 90 neighbours are not there at first
    assert (early[:8] == 1 / 3).all()
    assert early[100:].max() > 0.4
    given_ = task_of(given_.x - 10, 3)
    with pytest.raises(InputError, match=r"MultinomialNB.*first 1\d\d labels.*Negative"):
        run(Refit(MultinomialNB()), given_, y)


class Silent(Broken):
    """A classifier of the user's that can be fitted, and never gives a probability."""

    def predict_proba(self, x: Any) -> Any:
        return np.full((len(x), len(self.classes_)), np.nan)


@pytest.mark.parametrize(
    ("classifier", "reason"),
    [
        (MultinomialNB(), "Negative"),
        (LogisticRegression(penalty="l1", solver="lbfgs"), "l1"),
        ("silent for a test", "its predict_proba gives no probabilities"),
    ],
)
def test_a_classifier_of_no_use_to_the_last_is_an_error(classifier: Any, reason: str) -> None:
    register("silent for a test", Silent)
    given_, y = task(ENOUGH * 3)
    given_ = task_of(given_.x - 10, 3)
    with pytest.raises(InputError, match=f"could not be fitted to any of the 24 labels: .*{reason}"):
        run(Refit(classifier), given_, y)
    fewer = run(Refit(classifier), task_of(given_.x[1:], 3), y[1:])  # as few as that are too few
    assert (fewer == run(Refit("silent for a test"), task_of(given_.x[1:], 3), y[1:])).all()


def test_a_fit_that_succeeds_once_is_of_use() -> None:
    given_, y = task(100)
    late = Refit(KNeighborsClassifier(100)).begin(given_)  # possible with the last label alone
    for start in range(0, 100, 50):
        late.predict(given_.x[start : start + 50])
        late.update(given_.x[start : start + 50], y[start : start + 50])
    assert not (late.predict(given_.x) == 1 / 3).all()


def test_a_classifier_that_was_of_use_is_so_when_the_run_goes_on() -> None:
    given_, y = task(60)
    register("broken for a test", broken)
    whole = Refit("broken for a test").begin(given_)
    whole.update(given_.x[:50], y[:50])
    whole.predict(given_.x[50:59])
    whole.update(given_.x[50:59], y[50:59])
    resumed = Refit("broken for a test").begin(given_)
    resumed.restore(whole.state())
    resumed.predict(given_.x[59:])  # the first row alone, which is bad
    resumed.update(given_.x[59:], y[59:])


def test_inputs_that_cannot_be_predicted() -> None:
    given_, y = task(40)
    predictor = Refit(GaussianNB()).begin(given_)
    predictor.update(given_.x, y)
    with pytest.raises(InputError, match=r"GaussianNB.*features"):
        predictor.predict(np.zeros((2, 9)))


def test_inputs_that_are_no_numbers() -> None:
    x = np.array([["a"], ["b"]] * 20, dtype=object)
    predictor = Refit(GaussianNB()).begin(task_of(x, 2))
    with pytest.raises(InputError, match="numbers"):
        predictor.update(x, np.arange(40) % 2)


def test_probe_is_deterministic() -> None:
    given_, _ = task(300)
    learner = Refit(LogisticRegression())
    assert learner.probe(given_).shape == (64, 3)
    assert (learner.probe(given_) == learner.probe(given_)).all()
    assert learner.libraries == {"scikit-learn"}
