"""scikit-learn classifiers as agreements: there and back for each class, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA, FactorAnalysis, FastICA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectKBest, VarianceThreshold, chi2
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF
from sklearn.impute import SimpleImputer
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid, RadiusNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, LinearSVC, NuSVC
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from codelength.agreement import pack, unpack
from codelength.errors import AgreementError
from codelength.learners.classifiers import _HOMES, Classifier, describe

CLASSIFIERS = [
    AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=5),
    BaggingClassifier(make_pipeline(PCA(2), GaussianNB()), n_estimators=3),
    BernoulliNB(alpha=0.5, binarize=0.1),
    CalibratedClassifierCV(SVC(C=3.0, kernel="poly", degree=2), cv=3, ensemble=False),
    ComplementNB(norm=True),
    DecisionTreeClassifier(criterion="entropy", max_leaf_nodes=9, class_weight="balanced"),
    DummyClassifier(strategy="uniform"),
    ExtraTreeClassifier(max_features=0.5),
    ExtraTreesClassifier(n_estimators=7, bootstrap=True, max_samples=0.8),
    GaussianNB(priors=[0.2, 0.3, 0.5]),
    GaussianProcessClassifier(n_restarts_optimizer=1, max_iter_predict=50),
    GradientBoostingClassifier(n_estimators=3, subsample=0.9),
    HistGradientBoostingClassifier(max_iter=4, early_stopping=False, l2_regularization=0.1),
    KNeighborsClassifier(3, weights="distance", metric="cosine"),
    LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    LogisticRegression(C=np.float64(0.1), max_iter=np.int64(500), solver="newton-cg"),
    LogisticRegressionCV(Cs=3, cv=2, scoring="neg_log_loss"),
    MLPClassifier(hidden_layer_sizes=(8, 4), max_iter=20, learning_rate_init=0.01),
    MultinomialNB(fit_prior=False),
    NearestCentroid(),
    OneVsRestClassifier(LogisticRegression(C=2.0)),
    QuadraticDiscriminantAnalysis(reg_param=0.1),
    RadiusNeighborsClassifier(0.5, outlier_label="most_frequent"),
    RandomForestClassifier(n_estimators=9, max_features=None, random_state=3),
    SGDClassifier(loss="log_loss", average=True),
    SVC(probability=True, gamma=0.01),
    StackingClassifier([("a", GaussianNB()), ("b", KNeighborsClassifier(2))], cv=2),
    StackingClassifier([("a", GaussianNB())], final_estimator=MLPClassifier((3,), max_iter=5), cv=2),
    VotingClassifier([("a", GaussianNB()), ("b", "drop")], voting="soft", weights=[1, 2]),
    VotingClassifier([("a", GaussianNB()), ("b", LogisticRegression())], voting="soft"),
]
#: that give no probabilities of their own, but calibrated
DECIDING = [LinearSVC(C=0.5), NuSVC(nu=0.4), Perceptron(alpha=0.01), RidgeClassifier(alpha=2.0)]
TRANSFORMERS = [
    Binarizer(threshold=0.3),
    FactorAnalysis(2),
    KBinsDiscretizer(3, encode="onehot-dense", random_state=4),
    MaxAbsScaler(),
    MinMaxScaler(feature_range=(-1, 1)),
    Nystroem(n_components=8, gamma=0.1),
    Normalizer(norm="l1"),
    PCA(0.9, whiten=True, svd_solver="full"),
    PolynomialFeatures((1, 2), interaction_only=True),
    PowerTransformer(standardize=False),
    QuantileTransformer(n_quantiles=10, output_distribution="normal"),
    RBFSampler(gamma="scale", n_components=8),
    RobustScaler(quantile_range=(10.0, 90.0)),
    SelectKBest(k=2),
    SimpleImputer(strategy="median", add_indicator=True),
    SplineTransformer(n_knots=3, degree=2),
    StandardScaler(with_std=False),
    TruncatedSVD(3),
    VarianceThreshold(0.01),
    "passthrough",
]
ALL = [
    *CLASSIFIERS,
    *[CalibratedClassifierCV(each, ensemble=False) for each in DECIDING],
    *[Pipeline([("t", t), ("knn", KNeighborsClassifier(1))]) for t in TRANSFORMERS],
]

X = np.random.RandomState(0).rand(60, 4)
Y = np.arange(60) % 3


def name(estimator: Any) -> str:
    step = estimator.steps[0][1] if isinstance(estimator, Pipeline) else estimator
    return type(step).__name__


def shared(estimator: Any) -> dict[str, str]:
    """Every scalar parameter of an estimator and its parts, but those that the library sets."""
    return {
        key: repr(value.item() if isinstance(value, np.generic) else value)
        for key, value in estimator.get_params(deep=True).items()
        if not key.endswith(("random_state", "priors", "weights"))
        and isinstance(value, (int, float, str, tuple, np.generic))
    }


def test_every_class_of_the_list_is_tried_below() -> None:
    assert {"Pipeline", *map(name, ALL), *map(name, DECIDING)} - {"str"} == set(_HOMES)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("estimator", ALL, ids=name)
def test_there_and_back(estimator: Any) -> None:
    described = describe(estimator)
    wire = msgpack.packb(pack(described))
    again = unpack(msgpack.unpackb(wire))
    assert again == described
    assert hash(again) == hash(described)
    built = again.build()
    assert type(built) is type(estimator)
    assert shared(built) == shared(estimator)
    assert not [k for k, v in built.get_params().items() if k.endswith("random_state") and v is None]
    fitted = built.fit(X, Y)
    probabilities = fitted.predict_proba(X[:5])
    assert probabilities.shape == (5, 3)
    assert (again.build().fit(X, Y).predict_proba(X[:5]) == probabilities).all()


def test_a_description_reads_like_the_estimator() -> None:
    described = describe(make_pipeline(StandardScaler(), KNeighborsClassifier(3)))
    assert str(described) == "Pipeline(StandardScaler(), KNeighborsClassifier(n_neighbors=3))"
    assert described.parameters == (
        "steps",
        ("standardscaler", "StandardScaler", "kneighborsclassifier", "KNeighborsClassifier"),
        "kneighborsclassifier__n_neighbors",
        3,
    )


def test_defaults_do_not_travel() -> None:
    assert describe(LogisticRegression()) == Classifier("LogisticRegression", ())
    assert len(msgpack.packb(pack(Classifier("KNeighborsClassifier", ("n_neighbors", 3))))) < 70


def test_threads_and_words_are_left_out_and_seeds_set() -> None:
    described = describe(RandomForestClassifier(n_jobs=2, verbose=1))
    assert described == Classifier("RandomForestClassifier", ())
    assert described.build(seed=7).get_params()["random_state"] == 7
    assert describe(RandomForestClassifier(random_state=3)).build(seed=7).random_state == 3
    stacked = describe(BaggingClassifier(make_pipeline(PCA(), MLPClassifier()))).build(5).get_params()
    assert {v for k, v in stacked.items() if k.endswith("random_state")} == {5}


class GaussianNBOfMine(GaussianNB):
    pass


Impostor = type("GaussianNB", (GaussianNB,), {})


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (GaussianNBOfMine(), "codelength.register"),
        (Impostor(), "codelength.register"),
        (object(), "codelength.register"),
        (GaussianNB, "as an object"),
        (Pipeline([GaussianNB()]), "list of"),
        (make_pipeline(FastICA(), GaussianNB()), "codelength.register"),
        (BaggingClassifier(Impostor()), "codelength.register"),
        (Pipeline([("a", GaussianNB())], memory="somewhere"), "memory"),
        (RandomForestClassifier(warm_start=True), "warm_start"),
        (KNeighborsClassifier(metric=lambda a, b: 0.0), "function"),
        (make_pipeline(SelectKBest(chi2), GaussianNB()), "score_func"),
        (GaussianProcessClassifier(RBF()), "kernel"),
        (GaussianNB(priors=np.ones(3) / 3), "ndarray"),
        (LogisticRegression(class_weight={0: 1.0}), "dict"),
        (RandomForestClassifier(random_state=np.random.RandomState(0)), "RandomState"),
        (RandomForestClassifier(n_estimators=10_001), "n_estimators"),
        (MLPClassifier(hidden_layer_sizes=(2**21,)), "hidden_layer_sizes"),
        (SVC(probability=True, tol=1e-300), "tol"),
        (MLPClassifier(max_iter=100_001), "max_iter"),
        (CalibratedClassifierCV(GaussianNB(), cv=21), "cv"),
        (BaggingClassifier(LogisticRegressionCV(Cs=[1.0] * 30, cv=10), n_estimators=100), "30000 models"),
        (make_pipeline(PolynomialFeatures(6), GaussianNB()), "degree"),
        (KNeighborsClassifier(10_001), "n_neighbors"),
        (LogisticRegression(C=float("nan")), "C must lie"),
        (LogisticRegression(C=1e300), "C must lie"),
        (BaggingClassifier(RandomForestClassifier(1000), n_estimators=1000), "1000000 models"),
        (SVC(), "CalibratedClassifierCV"),
        (SGDClassifier(), "no probabilities"),
        (VotingClassifier([("a", GaussianNB())]), "no probabilities"),
        (make_pipeline(StandardScaler(), SVC()), "no probabilities"),
        (StandardScaler(), "no probabilities"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_refused(estimator: Any, reason: str) -> None:
    with pytest.raises(AgreementError, match=reason):
        describe(estimator)


@pytest.mark.parametrize(
    ("cls", "parameters"),
    [
        ("os.system", ()),
        ("Tree", ()),
        ("GaussianNB", ("var_smoothing",)),
        ("GaussianNB", ("var_smoothing", 1.0, "var_smoothing", 2.0)),
        ("GaussianNB", (1, 2)),
        ("GaussianNB", ("priors", ((1.0,),))),
        ("GaussianNB", ("part__C", 1.0)),
        ("GaussianNB", ("n_jobs", 64)),
        ("GaussianNB", ("a" * 1000, 64)),
        ("KNeighborsClassifier", ("metric", "m" * 1000)),
        ("Pipeline", ("steps", ("a",))),
        ("Pipeline", ("steps", ())),
        ("Pipeline", ("steps", "GaussianNB")),
        ("Pipeline", ("steps", ("a", "GaussianNB", "a", "GaussianNB"))),
        ("Pipeline", ("steps", ("a__b", "GaussianNB"))),
        ("Pipeline", ("steps", ("a", "os.system"))),
        ("Pipeline", ("steps", ("a", 3))),
        ("Pipeline", ("steps", ("a", "drop"), "a__C", 3)),
        ("BaggingClassifier", ("estimator", ("a",))),
        ("DummyClassifier", tuple(i for k in range(300) for i in (f"p{k}", k))),
    ],
)
def test_forged(cls: str, parameters: tuple[Any, ...]) -> None:
    with pytest.raises(AgreementError):
        Classifier(cls, parameters)


@pytest.mark.parametrize(
    ("cls", "parameters"),
    [
        ("GaussianNB", ("unheard_of", 1)),
        ("SVC", ()),
        ("StandardScaler", ()),
        ("Pipeline", ()),
        ("Pipeline", ("steps", ("a", "passthrough"))),
        ("Pipeline", ("steps", ("a", "GaussianNB", "b", "StandardScaler"))),
        ("BaggingClassifier", ("n_estimators", ("x",), "estimator", "SVC", "cv", "y", "max_iter", None)),
    ],
)
def test_forged_so_that_only_scikit_learn_can_tell(cls: str, parameters: tuple[Any, ...]) -> None:
    forged = Classifier(cls, parameters)
    forged.check_memory(10, 10, 2)
    with pytest.raises(AgreementError):
        forged.build()


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = SCALARS | st.sampled_from(sorted(_HOMES)) | st.lists(SCALARS | st.sampled_from(sorted(_HOMES)))
PARTS = ["steps", "estimators", "estimator", "a__steps", "estimator__estimator", "estimator__cv"]
SIZES = ["n_estimators", "cv", "degree", "hidden_layer_sizes", "a__n_bins", "n_components"]
NAMES = st.sampled_from(PARTS + SIZES)


@given(st.sampled_from(sorted(_HOMES)), st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_whatever_is_forged_ends_in_one_kind_of_error(cls: str, pairs: list[tuple[str, Any]]) -> None:
    try:
        forged = unpack({"classifier": [cls], "parameters": [i for pair in pairs for i in pair]})
        forged.check_memory(1000, 20, 2)
        str(forged)
        forged.build()
    except AgreementError:
        pass


def test_memory_is_bounded_through_a_whole_pipeline() -> None:
    polynomials = make_pipeline(PolynomialFeatures(5), GaussianNB())
    describe(polynomials).check_memory(1000, 4, 2)
    with pytest.raises(AgreementError, match="features"):
        describe(polynomials).check_memory(1797, 64, 10)
    describe(make_pipeline(PCA(2), PolynomialFeatures(2), GaussianNB())).check_memory(60_000, 784, 10)
    twice = make_pipeline(SplineTransformer(1000), SplineTransformer(1000), GaussianNB())
    with pytest.raises(AgreementError, match="features"):
        describe(BaggingClassifier(twice)).check_memory(1797, 64, 10)
    for sizes in ((100_000,), (10_000, 10_000)):
        with pytest.raises(AgreementError, match="weights"):
            describe(make_pipeline(MinMaxScaler(), MLPClassifier(sizes))).check_memory(1797, 784, 10)
    with pytest.raises(AgreementError, match="Gaussian process"):
        describe(make_pipeline(MinMaxScaler(), GaussianProcessClassifier())).check_memory(60_000, 784, 10)


def test_a_message_can_be_read_without_scikit_learn() -> None:
    code = """
import sys
from codelength.learners.classifiers import Classifier
from codelength.learners.refit import Refit
str(Refit(Classifier("GaussianNB", ())))
assert not any(module.startswith("sklearn") for module in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
