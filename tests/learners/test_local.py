"""Classifiers that cannot travel: they are measured like others, and refused before a label is sent."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC

import codelength as cl
from codelength.learners.local import Local, standing_for

from ..made import sample


class OfMine(GaussianNB):
    """One of scikit-learn's kind that is none of scikit-learn's own."""


class Plain:
    """A classifier with fit and predict_proba, and nothing else."""

    def fit(self, x: Any, y: Any) -> None:
        self.inner = GaussianNB().fit(x, y)

    def predict_proba(self, x: Any) -> Any:
        return self.inner.predict_proba(x)


class Stuck(Plain):
    """One that cannot be copied."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def one_hot() -> Any:
    hot = OneHotEncoder(handle_unknown="ignore")
    return make_pipeline(
        ColumnTransformer([("hot", hot, [0])], remainder="passthrough"), LogisticRegression()
    )


def online(classifier: Any) -> cl.OnlineCode:
    return cl.OnlineCode(cl.Calibrated(cl.Refit(classifier, growth=0.5)))


X, Y = sample(150)
STRANGERS = [
    OfMine(),
    Plain(),
    one_hot(),
    GridSearchCV(RandomForestClassifier(3), {"max_depth": [2, None]}, cv=2),
    RandomForestClassifier(3, class_weight={0: 1.0, 1: 2.0, 2: 1.0}),
]


@pytest.mark.parametrize("classifier", STRANGERS, ids=lambda it: type(it).__name__)
def test_measured_but_not_sent(classifier: Any) -> None:
    code, accounts = online(classifier), []
    bits = code.measure(X, Y).ideal_bits
    assert bits == code.measure(X, Y).ideal_bits  # seeded, and fitted anew
    assert bits < cl.UniformCode().measure(X, Y).ideal_bits
    with pytest.raises(cl.AgreementError, match=r"register a factory on both sides.*Refit\(name\)"):
        code.encode(X, Y, progress=accounts.append)
    assert not accounts
    fitted = {"inner"} | {name for name in vars(classifier) if name.endswith("_") and name[0] != "_"}
    assert not fitted & vars(classifier).keys()


def test_bits_are_those_of_one_that_travels() -> None:
    expected = online(GaussianNB()).measure(X, Y).ideal_bits
    assert [online(each).measure(X, Y).ideal_bits for each in (OfMine(), Plain())] == [expected] * 2


def test_the_reason_stands_before_the_advice() -> None:
    with pytest.raises(cl.AgreementError, match=r"class_weight must be .* not dict; register a factory"):
        online(LogisticRegression(class_weight={0: 1.0})).encode(X, Y)
    with pytest.raises(cl.AgreementError, match=r"n_estimators must lie in .*; or register a factory"):
        online(RandomForestClassifier(20_000)).encode(X, Y)


def test_mixed_and_calibrated_it_is_known_by_its_name() -> None:
    pool = cl.Switching((cl.Calibrated(cl.Refit(one_hot())), cl.Refit(GaussianNB())), "pool")
    measured = cl.OnlineCode(pool).measure(X, Y)
    first, second = measured.alone
    assert first.startswith("1: Calibrated(learner=Refit(classifier=Pipeline(steps=")
    assert first.isprintable()
    assert second == "2: refit(classifier(GaussianNB, []))"


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (OfMine, "as an object"),
        (object(), "that can travel"),
        (GridSearchCV(LinearSVC(), {}), "no probabilities"),
    ],
)
def test_what_is_no_classifier_is_refused_at_once(estimator: Any, reason: str) -> None:
    with pytest.raises(cl.AgreementError, match=reason):
        cl.Refit(estimator)


def test_what_cannot_be_copied_is_refused_before_the_first_label() -> None:
    with pytest.raises(cl.AgreementError, match=r"cannot be copied .* register"):
        online(Stuck()).measure(X, Y)


def test_unset_seeds_are_those_of_the_task() -> None:
    local = standing_for(GridSearchCV(RandomForestClassifier(), {}))
    assert isinstance(local, Local)
    assert local.build(7).estimator.random_state == 7
    assert local.estimator.estimator.random_state is None
