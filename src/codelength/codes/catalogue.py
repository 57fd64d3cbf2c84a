"""Codes by the names they have on the command line, with models agreed from the inputs' shape."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy.typing as npt

from codelength import networks
from codelength.agreement import is_registered
from codelength.codes.code import Code
from codelength.codes.online import OnlineCode
from codelength.codes.shannon import HuffmanCode, ShannonCode
from codelength.codes.two_part import TwoPartCode
from codelength.codes.uniform import UniformCode
from codelength.codes.variational import BitsBackCode, RelativeEntropyCode
from codelength.compression.deep import DeepCompression
from codelength.compression.floats import Floats
from codelength.compression.subspace import Subspace
from codelength.data.arrays import as_inputs, standard
from codelength.errors import AgreementError
from codelength.learners.calibration import Calibrated
from codelength.learners.classifiers import Classifier
from codelength.learners.frequency import Frequency
from codelength.learners.learner import Learner
from codelength.learners.refit import Refit
from codelength.learners.replay import Replay
from codelength.learners.retrain import Retrain
from codelength.learners.spread import Spread
from codelength.learners.switching import Switching
from codelength.training.recipe import kind


@dataclasses.dataclass(frozen=True)
class Entry:
    """A code as the command line knows it."""

    build: Callable[[int, str], Code]  # from a seed and the model's name
    default: Callable[[npt.NDArray[Any]], str] | None = None  # the model's name, from the inputs, if any
    held: Callable[[str], Learner] | None = None  # the learner fitted on labels that both ends hold, if any


def _place(x: npt.NDArray[Any]) -> int:
    """0 for tables, 1 for small pictures, 2 for grey ones, 3 for photographs."""
    shape = standard(x.shape)
    side = min(shape[1:], default=0)
    return 1 + kind(shape) if side >= 16 else int(side >= 8)


def _is_large(x: npt.NDArray[Any]) -> bool:
    return _place(x) >= 2


def _network(x: npt.NDArray[Any]) -> str:
    return ("mlp", "lenet", "lenet", "vgg-small")[_place(x)]


#: for tables, small pictures, grey ones, photographs; learners of different kinds err for different reasons
ONLINE = (
    "mlp+label-spreading",
    "lenet+mlp+label-spreading",
    "lenet-5-bn+label-spreading",
    "vgg-small+resnet-white",
)
#: where time matters less
BEST = (
    "mlp+random-forest+label-spreading",
    "lenet+mlp+nearest-neighbours+label-spreading",
    "lenet-5-bn+label-spreading",
    "vgg-wide+resnet-deep",
)


def _online(x: npt.NDArray[Any]) -> str:
    return ONLINE[_place(x)]


def _best(x: npt.NDArray[Any]) -> str:
    return BEST[_place(x)]


def _held(x: npt.NDArray[Any]) -> str:
    """Networks that differ where the tenth of the labels that both ends hold is enough to tell them apart."""
    return _online(x) if _is_large(x) else _network(x)


def _sent(x: npt.NDArray[Any]) -> str:
    """Few parameters where they are to be sent for few labels."""
    return _network(x) if _is_large(x) else "shallow"


def _small(x: npt.NDArray[Any]) -> str:
    """A network that still works when few numbers say what it is."""
    return {"lenet": "lenet-slim", "vgg-small": "vgg-slim"}.get(network := _network(x), network)


def _drawn(x: npt.NDArray[Any]) -> str:
    """A network that Bob can fit again in little time."""
    return _small(x) if _is_large(x) else "shallow"


def _refitted(x: npt.NDArray[Any]) -> str:
    if _is_large(x):
        return _network(x)
    return "nearest-neighbours" if x.ndim > 2 else "random-forest"


SPREADING = "label-spreading"

#: agreed classifiers, by names of our own
CLASSIFIERS = {
    "nearest-neighbours": Classifier("KNeighborsClassifier", ("weights", "distance")),
    "random-forest": Classifier("RandomForestClassifier", ()),
}

#: labels before the first training, where it is not 8: the paper's blocks on CIFAR-10 are 10, 20, 40, …
FIRST = {"vgg-small": 10}

_NETWORKS = f"a network ({', '.join(networks.BUILT_IN)})"
_OWN = "your own, registered (on the command line in a module that --plugin names)"


def replaying(model: str, use: str) -> Learner:
    """A network by name, trained on through the stream under the recipe for that use, calibrated forward."""
    return Calibrated(Replay(model, use=use))


def learning(model: str, use: str = "online") -> Learner:
    """A network that trains on, spreading labels, a refitted classifier; several, with + between, pooled.

    Raises AgreementError for a name that is none of them.
    """
    names = model.split("+")
    if len(names) > 1:
        # labels that spread are ahead at first and behind in the end
        forget = 2.0 if SPREADING in names else 0.0
        return Switching(tuple(learning(name, use) for name in names), "pool", forget=forget)
    if model == SPREADING:
        return Calibrated(Spread())
    return replaying(model, use) if networks.is_network(model) else refitting(model)


def refitting(model: str) -> Learner:
    """A network, or a classifier by our name, the user's or scikit-learn's, trained anew on growing pasts.

    Raises AgreementError for a name that is neither, and for a classifier that gives no probabilities.
    """
    if networks.is_network(model):
        return Calibrated(Retrain(model, first=FIRST.get(model, 8)))
    if is_registered(model):
        return Calibrated(Refit(model))
    if model == SPREADING or "+" in model:
        raise AgreementError(f"{model!r} is not refitted: give a network or a classifier, or the code online")
    try:
        classifier = CLASSIFIERS.get(model) or Classifier(model, ())
    except AgreementError:
        raise AgreementError(
            f"{model!r} is no model: give {_NETWORKS}, {', '.join(CLASSIFIERS)}, {SPREADING}, a classifier "
            f"of scikit-learn by its name, or {_OWN}; several, which are pooled, with + between"
        ) from None
    classifier.build()  # what it lacks is better known before other models have run
    return Calibrated(Refit(classifier))


def _sending(make: Callable[[int, str], Code], default: Callable[[npt.NDArray[Any]], str]) -> Entry:
    """A code whose message holds the parameters of a network: it takes no other model."""

    def build(seed: int, model: str) -> Code:
        if not networks.is_network(model):
            raise AgreementError(
                f"{model!r} is no network, and two-part and variational codes take no other model: give "
                f"{_NETWORKS} or {_OWN}, or name other codes (online, say)"
            )
        return make(seed, model)

    return Entry(build, default)


CODES: dict[str, Entry] = {
    "uniform": Entry(lambda seed, _: UniformCode(seed=seed)),
    "frequency": Entry(lambda seed, _: OnlineCode(Frequency(), seed=seed)),
    "shannon": Entry(lambda seed, _: ShannonCode(seed=seed), _held, learning),
    "shannon:huffman": Entry(lambda seed, _: HuffmanCode(seed=seed), _held, learning),
    "two-part:float32": _sending(lambda seed, model: TwoPartCode(model, Floats(), seed=seed), _sent),
    "two-part:deep-compression": _sending(
        lambda seed, model: TwoPartCode(model, DeepCompression(coding="contexts"), seed=seed), _sent
    ),
    "two-part:subspace": _sending(lambda seed, model: TwoPartCode(model, Subspace(), seed=seed), _small),
    "variational:bits-back": _sending(lambda seed, model: BitsBackCode(model, seed=seed), _drawn),
    "variational:relative-entropy": _sending(
        lambda seed, model: RelativeEntropyCode(model, seed=seed), _drawn
    ),
    "online": Entry(lambda seed, model: OnlineCode(learning(model), seed=seed), _online),
    "online:refit": Entry(lambda seed, model: OnlineCode(refitting(model), seed=seed), _refitted),
    "online:best": Entry(lambda seed, model: OnlineCode(learning(model, "best"), seed=seed), _best),
}
#: those of a table that is to be done today
USUAL = tuple(name for name in CODES if name != "online:best")


def fits(model: str, x: npt.NDArray[Any]) -> bool:
    """Whether the networks of a model, or all in several, can take inputs x (n, ...)."""
    shape = standard(x.shape)
    return all(networks.fits(each, shape) for each in model.split("+") if networks.is_network(each))


def candidates(name: str, x: npt.NDArray[Any], models: Sequence[str]) -> tuple[str | None, ...]:
    """Those of the models that can serve a code on inputs x (n, ...): (None,) where it takes none.

    A Shannon code has one, for both ends hold its model: the one agreed for the inputs, or if that is none of
    the models, the last that can serve.
    """
    code = entry(name)
    if code.default is None:
        return (None,)

    def serves(model: str) -> bool:
        fitting = fits(model, x)
        if "+" in model:
            return fitting and (name in ("online", "online:best") or code.held is not None)
        if model == SPREADING:
            return name == "online"
        return fitting and (networks.is_network(model) or name == "online:refit")

    serving = tuple(model for model in models if serves(model))
    if code.held is not None and serving:
        return (agreed if (agreed := code.default(x)) in serving else serving[-1],)
    return serving


def entry(name: str) -> Entry:
    """The code of that name. Raises AgreementError, with the known names, if there is none."""
    if name not in CODES:
        raise AgreementError(f"unknown code {name!r} (known: {', '.join(CODES)})")
    return CODES[name]


def code(name: str, x: npt.NDArray[Any], model: str | None = None, *, seed: int = 0) -> Code:
    """What the name means on the command line for inputs x (n, ...), `code("online", x)` say.

    With no model, it is the one agreed for the shape of the inputs. Raises AgreementError as `build` does,
    and for a model that is no string, InputError for unusable inputs.
    """
    if model is not None and not isinstance(model, str):
        raise AgreementError(
            f"a model is given by its name here, not as {type(model).__name__}; a classifier goes into "
            "OnlineCode(Calibrated(Refit(classifier)))"
        )
    return build(name, as_inputs(x), model, seed)[0]


def build(name: str, x: npt.NDArray[Any], model: str | None = None, seed: int = 0) -> tuple[Code, str | None]:
    """A code by name for inputs x (n, ...), and the name of its model; None where it has none.

    Raises AgreementError for a name that is unknown, and for a model that the code does not take.
    """
    code = entry(name)
    if code.default is None:
        if model is not None:
            raise AgreementError(f"the code {name!r} takes no model")
        return code.build(seed, ""), None
    model = model or code.default(x)
    if code.held is not None:
        code.held(model)  # it is fitted elsewhere: what is wrong with its name is better known here
    return code.build(seed, model), model
