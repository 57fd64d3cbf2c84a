"""scikit-learn classifiers that travel: a name from a fixed list, and what differs from the defaults."""

from __future__ import annotations

import importlib
import inspect
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from codelength.agreement import Agreement, registered
from codelength.errors import AgreementError

#: the classes that can travel, and the modules they are looked up in; nothing else is imported
_MODULES = {
    "calibration": "CalibratedClassifierCV",
    "decomposition": "FactorAnalysis PCA TruncatedSVD",
    "discriminant_analysis": "LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis",
    "dummy": "DummyClassifier",
    "ensemble": "AdaBoostClassifier BaggingClassifier ExtraTreesClassifier GradientBoostingClassifier "
    "HistGradientBoostingClassifier RandomForestClassifier StackingClassifier VotingClassifier",
    "feature_selection": "SelectKBest VarianceThreshold",
    "gaussian_process": "GaussianProcessClassifier",
    "impute": "SimpleImputer",
    "kernel_approximation": "Nystroem RBFSampler",
    "linear_model": "LogisticRegression LogisticRegressionCV Perceptron RidgeClassifier SGDClassifier",
    "multiclass": "OneVsRestClassifier",
    "naive_bayes": "BernoulliNB ComplementNB GaussianNB MultinomialNB",
    "neighbors": "KNeighborsClassifier NearestCentroid RadiusNeighborsClassifier",
    "neural_network": "MLPClassifier",
    "pipeline": "Pipeline",
    "preprocessing": "Binarizer KBinsDiscretizer MaxAbsScaler MinMaxScaler Normalizer PolynomialFeatures "
    "PowerTransformer QuantileTransformer RobustScaler SplineTransformer StandardScaler",
    "svm": "LinearSVC NuSVC SVC",
    "tree": "DecisionTreeClassifier ExtraTreeClassifier",
}
_HOMES = {name: f"sklearn.{module}" for module, names in _MODULES.items() for name in names.split()}

#: parameters that hold one estimator, or a list of named ones
_PART = frozenset({"estimator", "final_estimator"})
_PARTS = frozenset({"steps", "estimators"})
_STAND_INS = frozenset({"passthrough", "drop"})

#: left at their defaults without a word: they change no probability, or (votes summed in the order
#: in which threads end; a transformer that writes over its inputs) must not
_LEFT_OUT = frozenset({"n_jobs", "verbose", "copy", "copy_X_train", "store_covariance"})

#: refused unless at their defaults
_REFUSED = frozenset({"memory", "warm_start", "transform_input", "metric_params", "kernel_params"})

#: bounds, both inclusive, of parameters that ask for time or memory; the rest falls under _ANY
_BOUNDS: dict[str, tuple[float, float]] = {
    "cache_size": (1, 2_000),
    "cv": (2, 20),
    "degree": (0, 5),
    "hidden_layer_sizes": (1, 2**20),
    "iterated_power": (0, 20),
    "k": (1, 100_000),
    "leaf_size": (1, 10_000),
    "max_bins": (2, 255),
    "max_fun": (1, 100_000),
    "max_iter": (-1, 100_000),
    "max_iter_predict": (1, 1_000),
    "max_leaf_nodes": (2, 100_000),
    "n_bins": (2, 1_000),
    "n_components": (0, 10_000),
    "n_estimators": (1, 10_000),
    "n_knots": (2, 1_000),
    "n_neighbors": (1, 10_000),
    "n_oversamples": (0, 1_000),
    "n_quantiles": (1, 10_000),
    "n_restarts_optimizer": (0, 10),
    "random_state": (0, 2**32 - 1),
    "tol": (1e-9, 1e12),
}
_ANY = 1e12  # magnitude of any other number
_LENGTH = 64  # of a string or a tuple
_PARAMETERS = 256  # of a classifier with all its parts
_MEMBERS = 20_000  # classifiers fitted in all: estimators times folds, through all levels
_WEIGHTS = 2**24  # of a multilayer perceptron
_NUMBERS = 2**27  # in the widest matrix: 1 GiB of float64
_GAUSSIAN_PROCESS = 5_000  # labels; its kernel matrix is that squared, for each class

#: what to do with a classifier that cannot travel
REGISTER = "register a factory on both sides, codelength.register(name, factory), and use Refit(name)"


@registered("classifier")
@dataclass(frozen=True)
class Classifier(Agreement):
    """A scikit-learn classifier or Pipeline by name, with the parameters that are not at their defaults.

    `parameters` reads name, value, name, value, … in scikit-learn's own spelling: a part stands
    under its class's name and its parameters under a prefix, as in `Classifier("Pipeline", ("steps",
    ("scale", "StandardScaler", "net", "MLPClassifier"), "net__alpha", 0.1))`. So an agreement stays
    flat however deep the estimator is nested.

    Raises AgreementError when a class is not on the list or a parameter is out of bounds.
    """

    name: str
    parameters: tuple[Any, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        self._tree()

    def __str__(self) -> str:
        return str(self._tree())

    def build(self, seed: int = 0) -> Any:
        """The unfitted estimator; a `random_state` of None, in any of its parts, becomes `seed`.

        Raises AgreementError when scikit-learn knows no such parameter or the estimator gives no
        probabilities.
        """
        estimator = seeded(_built(self._tree()), seed)
        require_probabilities(estimator)
        return estimator

    def check_memory(self, n: int, features: int, classes: int) -> None:
        """Raises AgreementError when fitting (n, features) inputs would take unbounded memory."""
        tree = self._tree()
        widest = _widths(tree, features)[1]
        for node in tree.walk():
            weights = node.weights(widest, classes)
            if weights > max(_WEIGHTS, n * features):
                raise AgreementError(f"{node} would have {weights:,} weights for {features} features")
        if n * widest > max(_NUMBERS, n * features):
            raise AgreementError(f"{tree} would turn {features} features into {widest}: too many for n = {n}")
        if n > _GAUSSIAN_PROCESS and any(node.name == "GaussianProcessClassifier" for node in tree.walk()):
            raise AgreementError(f"a Gaussian process is refused above n = {_GAUSSIAN_PROCESS}, here {n}")

    def _tree(self) -> _Node:
        names, values = self.parameters[::2], self.parameters[1::2]
        known = all(isinstance(name, str) and len(name) <= 4 * _LENGTH for name in names)
        if len(names) != len(values) or not known or len(set(names)) != len(names):
            raise AgreementError("a classifier's parameters must read name, value, …, each name once")
        if len(names) > _PARAMETERS:
            raise AgreementError(f"a classifier may have {_PARAMETERS} parameters, not {len(names)}")
        tree = _parsed(self.name, dict(zip(names, values, strict=True)))
        if tree.members() > _MEMBERS:
            raise AgreementError(f"{tree} would fit {tree.members()} models, more than {_MEMBERS}")
        return tree


def describe(estimator: Any) -> Classifier:
    """What travels of a scikit-learn classifier or Pipeline: its name and parameters.

    Raises AgreementError for a class that is not scikit-learn's own or not on the list, and for
    parameters that cannot travel: callables, arrays, `memory`, `warm_start`, sizes out of bounds.
    """
    if isinstance(estimator, type):
        raise AgreementError(f"a classifier is given as an object, {estimator.__name__}(), not as a class")
    parameters = tuple(item for pair in _flattened(estimator, "") for item in pair)
    classifier = Classifier(type(estimator).__name__, parameters)
    require_probabilities(estimator)
    return classifier


def seeded(estimator: Any, seed: int) -> Any:
    """The estimator itself, with `seed` wherever it or a part of it has no `random_state`."""
    if hasattr(estimator, "get_params"):
        unset = {
            name: seed
            for name, value in estimator.get_params(deep=True).items()
            if value is None and (name == "random_state" or name.endswith("__random_state"))
        }
        estimator.set_params(**unset)
    return estimator


@dataclass(frozen=True)
class _Node:
    """An estimator, read and within bounds: its scalars, and under each name the parts it is made of."""

    name: str
    scalars: dict[str, Any]
    parts: dict[str, list[tuple[str, _Node | str]]] = field(default_factory=dict)

    def walk(self) -> Iterator[_Node]:
        yield self
        for part in self.children():
            yield from part.walk()

    def children(self) -> list[_Node]:
        return [node for parts in self.parts.values() for _, node in parts if isinstance(node, _Node)]

    def members(self) -> int:
        """How many models one fit fits, at most."""
        if self.name == "LogisticRegressionCV":
            return self.number("cv", 5) * self.length("Cs", 10) * self.length("l1_ratios", 1)
        cross_validated = self.name in ("CalibratedClassifierCV", "StackingClassifier")
        boosted = self.name == "HistGradientBoostingClassifier"
        folds = self.number("cv", 5 if cross_validated else 1)
        each = self.number("max_iter" if boosted else "n_estimators", 1)
        return folds * each * max(1, sum(part.members() for part in self.children()))

    def number(self, parameter: str, default: int) -> int:
        """A parameter where it is a whole number, else what stands for it."""
        value = self.scalars.get(parameter)
        return value if type(value) is int else default

    def weights(self, features: int, classes: int) -> int:
        """How many a multilayer perceptron has; none for others."""
        if self.name != "MLPClassifier":
            return 0
        hidden = self.scalars.get("hidden_layer_sizes", (100,))
        layers = (features, *(hidden if isinstance(hidden, tuple) else (hidden,)), classes)
        return sum(a * b for a, b in itertools.pairwise(size for size in layers if type(size) is int))

    def length(self, parameter: str, default: int) -> int:
        """How many values a parameter names, or asks for."""
        value = self.scalars.get(parameter)
        return len(value) if isinstance(value, tuple) else self.number(parameter, default)

    def __str__(self) -> str:
        shown = [f"{name}={value!r}" for name, value in self.scalars.items()]
        for name, parts in self.parts.items():
            inner = ", ".join(str(part) for _, part in parts)
            shown.append(inner if name in _PARTS else f"{name}={inner}")
        return f"{self.name}({', '.join(shown)})"


def _parsed(name: str, given: dict[str, Any]) -> _Node:
    """The tree of parts behind flat parameters. Raises AgreementError on anything not allowed."""
    if name not in _HOMES:
        raise _stranger(str(name))
    scalars: dict[str, Any] = {}
    parts: dict[str, list[tuple[str, _Node | str]]] = {}
    used: set[str] = set()

    def part(prefix: str, kind: Any) -> _Node | str:
        if not isinstance(prefix, str) or not isinstance(kind, str) or "__" in prefix or not prefix:
            raise AgreementError(f"{name}: a part must be named by two strings, not {prefix!r}, {kind!r}")
        if kind in _STAND_INS:
            return kind
        inside = {path: value for path, value in given.items() if path.startswith(prefix + "__")}
        used.update(inside)
        return _parsed(kind, {path[len(prefix) + 2 :]: value for path, value in inside.items()})

    for parameter, value in given.items():
        if parameter in _PART:
            parts[parameter] = [("", part(parameter, value))]
        elif parameter in _PARTS:
            if not isinstance(value, tuple) or len(value) % 2 or not 2 <= len(value) <= _LENGTH:
                raise AgreementError(f"{name}.{parameter} must read name, class, name, class, …")
            names = value[::2]
            parts[parameter] = [(at, part(at, kind)) for at, kind in zip(names, value[1::2], strict=True)]
            if len(set(names)) != len(names):
                raise AgreementError(f"{name}.{parameter} names a part twice")
        elif "__" not in parameter:
            _check(name, parameter, value)
            scalars[parameter] = value
    unused = [path for path in given if "__" in path and path not in used]
    if unused:
        raise AgreementError(f"{name} has no part that {unused[0]!r} could belong to")
    return _Node(name, scalars, parts)


def _check(name: str, parameter: str, value: Any) -> None:
    """Raises AgreementError unless the value of a parameter is plain and small enough."""
    where = f"{name}.{parameter}"
    if parameter in _REFUSED or parameter in _LEFT_OUT:
        raise AgreementError(f"{where} cannot travel: leave it at its default")
    if (name, parameter) in (("GaussianProcessClassifier", "kernel"), ("SelectKBest", "score_func")):
        raise AgreementError(f"{where} cannot travel: only the default can; {REGISTER}")
    items = value if isinstance(value, tuple) else (value,)
    if len(items) > _LENGTH or not all(
        item is None or type(item) in (bool, int, float, str) for item in items
    ):
        raise AgreementError(
            f"{where} must be a number, a string or a short tuple of them, "
            f"not {type(value).__name__}; {REGISTER}"
        )
    low, high = _BOUNDS.get(parameter, (-_ANY, _ANY))
    for item in items:
        if isinstance(item, str) and len(item) > _LENGTH:
            raise AgreementError(f"{where} is a string of {len(item)} characters")
        if isinstance(item, (int, float)) and not low <= item <= high:  # NaN is in no bounds
            raise AgreementError(f"{where} must lie in [{low:g}, {high:g}], not {item!r}")


def _flattened(estimator: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """The parameters that differ from the defaults, in alphabetical order, parts after their names."""
    cls = type(estimator)
    if cls.__name__ not in _HOMES or cls is not _class(cls.__name__):
        raise _stranger(f"{cls.__module__}.{cls.__qualname__}")
    signature = inspect.signature(cls).parameters
    for parameter, value in sorted(estimator.get_params(deep=False).items()):
        default = signature[parameter].default
        if parameter in _LEFT_OUT or value is default or _same(value, default):
            continue
        if parameter in _PART and value is not None:
            yield prefix + parameter, type(value).__name__
            yield from _flattened(value, f"{prefix}{parameter}__")
        elif parameter in _PARTS:
            if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in value):
                raise AgreementError(f"{cls.__name__}.{parameter} must be a list of (name, estimator)")
            kinds = [(at, part if isinstance(part, str) else type(part).__name__) for at, part in value]
            yield prefix + parameter, tuple(item for pair in kinds for item in pair)
            for at, part in value:
                if not isinstance(part, str):
                    yield from _flattened(part, f"{prefix}{at}__")
        else:
            yield prefix + parameter, _plain(value)


def _same(value: Any, default: Any) -> bool:
    if isinstance(value, float) and isinstance(default, float) and math.isnan(value):
        return math.isnan(default)
    return type(value) is type(default) and type(value) in (bool, int, float, str, tuple) and value == default


def _plain(value: Any) -> Any:
    """NumPy's scalars as Python's and lists as tuples; the rest as it is, to be checked."""
    if isinstance(value, np.generic):
        return value.item()
    return tuple(_plain(item) for item in value) if isinstance(value, (list, tuple)) else value


def _built(node: _Node) -> Any:
    cls = _class(node.name)
    arguments = dict(node.scalars)
    for parameter, parts in node.parts.items():
        made = [(at, part if isinstance(part, str) else _built(part)) for at, part in parts]
        arguments[parameter] = made if parameter in _PARTS else made[0][1]
    try:
        return cls(**arguments)
    except TypeError as error:
        raise AgreementError(f"this scikit-learn's {node.name} cannot be built: {error}") from None


def _class(name: str) -> Any:
    # the module comes from the list above, never from a message
    return getattr(importlib.import_module(_HOMES[name]), name)


def require_probabilities(estimator: Any) -> None:
    """Raises AgreementError for an estimator that will have no `predict_proba`."""
    # a StackingClassifier without a final estimator makes its own, a LogisticRegression, at fit
    stacked = getattr(estimator, "final_estimator", estimator) is None
    if not stacked and not hasattr(estimator, "predict_proba"):
        raise AgreementError(
            f"{type(estimator).__name__} gives no probabilities as it is set up; "
            "wrap it as CalibratedClassifierCV(classifier, ensemble=False), or choose a loss, "
            "a voting or a last step that has predict_proba"
        )


def _widths(node: _Node, features: int) -> tuple[int, int]:
    """How many features come out of a transformer, and how many there are at its widest."""
    inside = features
    widest = features
    for parameter, parts in node.parts.items():
        for _, part in parts:
            if isinstance(part, _Node):
                out, wide = _widths(part, inside)
                widest = max(widest, wide)
                inside = out if parameter == "steps" else inside
    if node.name == "Pipeline":
        return inside, widest
    if node.name == "PolynomialFeatures":
        degree = node.scalars.get("degree", 2)
        top = max(
            [d for d in (degree if isinstance(degree, tuple) else (degree,)) if type(d) is int], default=2
        )
        out = math.comb(features + top, top)
    elif node.name == "SplineTransformer":
        out = features * (node.number("n_knots", 5) + node.number("degree", 3))
    elif node.name == "KBinsDiscretizer":
        out = features * node.number("n_bins", 5)
    elif node.name in ("Nystroem", "RBFSampler"):
        out = node.number("n_components", 100)
    elif node.name in ("FactorAnalysis", "PCA", "TruncatedSVD"):
        out = min(features, node.number("n_components", features))
    elif node.name == "SelectKBest":
        out = min(features, node.number("k", 10))
    else:
        out = 2 * features if node.scalars.get("add_indicator") else features
    return out, max(widest, out)


def _stranger(name: str) -> AgreementError:
    return AgreementError(f"{name:.80} is not one of the scikit-learn classes that can travel; {REGISTER}")
