"""What Alice and Bob share before a label is sent: small frozen dataclasses that travel by name.

A message names its code, learner and recipe; nothing in it is imported or executed. Only classes
registered here, in the receiver's own process, can be built from it, with fields whose types and
bounds are checked.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from codelength.errors import AgreementError

_MAX_DEPTH = 16

_agreements: dict[str, type[Agreement]] = {}
_factories: dict[str, Callable[..., Any]] = {}


@dataclasses.dataclass(frozen=True)
class Within:
    """Bounds of a numeric field, both inclusive: `steps: Annotated[int, Within(1, 1000)]`."""

    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Agreement:
    """Base of everything that travels by name: frozen, compared by value, checked when made.

    Raises AgreementError when a field has another type than annotated, or is out of bounds.
    """

    #: what to do where something else stands in place of one
    advice: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for field, hint in _fields(type(self)).items():
            object.__setattr__(self, field, _checked(self, field, hint, getattr(self, field)))

    def why_it_stays(self) -> str:
        """Why one whose class is not registered cannot travel, and what to do."""
        return (
            f"{type(self).__qualname__} has no name to travel under: "
            "decorate it with @codelength.registered('a-name') on both sides"
        )


A = TypeVar("A", bound=type[Agreement])


def registered(name: str) -> Callable[[A], A]:
    """Class decorator: makes an Agreement known under `name`, as messages will call it.

    Raises AgreementError when another class has the name.
    """

    def register_class(cls: A) -> A:
        known = _agreements.get(name, cls)
        if known is not cls and not _redefined(known, cls):
            raise AgreementError(f"the name {name!r} is taken by {known.__qualname__}")
        _agreements[name] = cls
        return cls

    return register_class


def name_of(agreement: Agreement) -> str:
    """The name under which an agreement's class was registered."""
    for name, cls in _agreements.items():
        if cls is type(agreement):
            return name
    raise AgreementError(agreement.why_it_stays())


def register(name: str, factory: Callable[..., Any]) -> None:
    """Makes a network or a classifier known under `name`, for Alice and for Bob alike.

    A network's factory has two parameters: `factory(shape, classes)` is called with the shape of one
    input, (features,) or (channels, height, width), and returns a `torch.nn.Module` that maps a batch
    to logits of shape (batch, classes). A classifier's factory is called with no argument and returns
    an unfitted classifier with `fit` and `predict_proba`. The same definition, run again, takes the place
    of the first. Raises AgreementError when another factory, or a built-in network, has the name, and for a
    name that is empty, longer than 64 characters, or holds a plus or a comma.
    """
    from codelength.networks import BUILT_IN  # here, for they are agreements, too

    if not isinstance(name, str) or not 0 < len(name) <= 64 or set(name) & set("+,"):
        raise AgreementError("a registered name is a string of 1 to 64 characters, without plus and comma")
    known = _factories.get(name, factory)
    if name in BUILT_IN or (known is not factory and not _redefined(known, factory)):
        raise AgreementError(f"the name {name!r} is taken; register under another one")
    _factories[name] = factory


def build_in(name: str, factory: Callable[..., Any]) -> None:
    """Makes a network that `codelength.networks` lists known."""
    _factories[name] = factory


def _redefined(known: object, new: object) -> bool:
    """Whether both are one definition, run twice: in a notebook's cell, say."""
    places = [(getattr(it, "__module__", None), getattr(it, "__qualname__", "<>")) for it in (known, new)]
    return places[0] == places[1] and "<" not in places[0][1]  # lambdas are not told apart, nor closures


def is_registered(name: str) -> bool:
    """Whether a factory is registered under `name`."""
    return name in _factories


def factory(name: str) -> Callable[..., Any]:
    """The factory registered under `name`; AgreementError, with the known names, if there is none."""
    if name not in _factories:
        known = ", ".join(sorted(_factories)) or "none"
        raise AgreementError(
            f"no network or classifier is registered as {name!r} here (known: {known}); "
            f"if it is your own, call codelength.register({name!r}, factory) first, as the sender did"
        )
    return _factories[name]


def pack(value: Any, depth: int = 0) -> Any:
    """An agreement as plain maps, lists and scalars.

    `{name: [fields without a default], field: value, …}`; fields at their defaults are left out, so
    that a version with more of them still reads what was packed before. Raises AgreementError for one
    that has no name to travel under, or is nested too deeply.
    """
    _check_depth(depth)
    if isinstance(value, Agreement):
        fields = [field for field in dataclasses.fields(value) if travels(field)]
        required = [pack(getattr(value, field.name), depth + 1) for field in fields if _required(field)]
        packed = {name_of(value): required}
        for field in fields:
            content = getattr(value, field.name)
            if not _required(field) and content != field.default:
                packed[field.name] = pack(content, depth + 1)
        return packed
    if isinstance(value, tuple):
        return [pack(item, depth + 1) for item in value]
    return value


def worded(packed: Any) -> str:
    """A packed agreement as a call: online(refit(classifier(KNeighborsClassifier)), seed=1)."""
    if isinstance(packed, list):
        return "[" + ", ".join(map(worded, packed)) + "]"
    if not isinstance(packed, dict) or not packed:
        return said(packed)
    (name, required), *optional = packed.items()
    given = [worded(value) for value in required] if isinstance(required, list) else [worded(required)]
    return f"{name}({', '.join(given + [f'{key}={worded(value)}' for key, value in optional])})"


def called(agreement: Agreement) -> str:
    """An agreement as a call, whether it can travel or not."""
    try:
        return worded(pack(agreement))
    except AgreementError:
        return said(agreement)


def said(value: Any) -> str:
    """A value as text that does nothing to a terminal."""
    return text if (text := str(value)).isprintable() else repr(value)


def is_plain(packed: Any, depth: int = 0) -> bool:
    """Whether it is made as `pack` makes agreements: of maps with plain names, lists and scalars."""
    if isinstance(packed, dict):
        names = all(isinstance(name, str) and name.isprintable() for name in packed)
        return names and is_plain([*packed.values()], depth)
    if isinstance(packed, list):
        return depth <= 2 * _MAX_DEPTH + 2 and all(is_plain(item, depth + 1) for item in packed)
    return packed is None or isinstance(packed, (bool, int, float, str, bytes))


def unpack(value: Any, depth: int = 0) -> Any:
    """The inverse of `pack`. Raises AgreementError on anything that could not have been packed."""
    _check_depth(depth)
    if isinstance(value, list):
        return tuple(unpack(item, depth + 1) for item in value)
    if not isinstance(value, dict):
        return value
    name = next(iter(value), None)
    if not isinstance(name, str) or name not in _agreements:
        known = ", ".join(sorted(_agreements))
        raise AgreementError(f"unknown code or learner {name!r:.80} (known: {known})")
    cls = _agreements[name]
    required = [field.name for field in dataclasses.fields(cls) if travels(field) and _required(field)]
    contents = value[name]
    if not isinstance(contents, list) or len(contents) != len(required):
        raise AgreementError(f"{name!r} takes {len(required)} parameters without a default")
    given = dict(zip(required, contents, strict=True)) | {k: v for k, v in value.items() if k != name}
    unknown = [key for key in given if key not in _fields(cls)]
    if unknown:
        raise AgreementError(f"{name!r} has no parameter {unknown[0]!r:.80}")
    return cls(**{key: unpack(item, depth + 1) for key, item in given.items()})


def _check_depth(depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise AgreementError("the agreement is nested too deeply")


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING


def _fields(cls: type[Agreement]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls) if travels(field)}


def travels(field: dataclasses.Field[Any]) -> bool:
    """Whether a field is packed: one with `metadata={"travels": False}` stays with its owner."""
    return field.metadata.get("travels", True) is True


def _checked(owner: Agreement, field: str, hint: Any, value: Any) -> Any:
    where = f"{type(owner).__name__}.{field}"
    bounds = None
    if typing.get_origin(hint) is typing.Annotated:
        hint, *extras = typing.get_args(hint)
        bounds = next((extra for extra in extras if isinstance(extra, Within)), None)
    options = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    kinds = tuple(typing.get_origin(option) or option for option in options)
    if Any in kinds:
        return value
    if float in kinds and type(value) is int:
        value = float(value)
    allowed = isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds)
    if not allowed:
        names = " or ".join(getattr(kind, "__name__", str(kind)) for kind in kinds)
        advice = "".join(f"; {hint}" for kind in kinds if (hint := getattr(kind, "advice", "")))
        raise AgreementError(f"{where} must be {names}, not {value!r:.80}{advice}")
    if isinstance(value, float) and not math.isfinite(value):
        raise AgreementError(f"{where} must be finite, not {value!r}")
    if bounds and isinstance(value, (int, float)) and not bounds.low <= value <= bounds.high:
        raise AgreementError(f"{where} must lie in [{bounds.low:g}, {bounds.high:g}], not {value!r}")
    return value
