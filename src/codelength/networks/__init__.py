"""Networks by name: `build` makes any that is registered, and knows the built-in ones."""

from __future__ import annotations

import importlib
import inspect
import typing

from codelength import agreement
from codelength.errors import AgreementError, InputError

if typing.TYPE_CHECKING:
    from torch import Tensor, nn

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

#: built-in names and the modules that register them, imported (and torch with them) on demand
BUILT_IN = {
    "shallow": "shallow",
    "shallow-64": "shallow",
    "shallow-256": "shallow",
    "shallow-1024": "shallow",
    "mlp": "mlp",
    "mlp-3": "mlp",
    "lenet": "lenet",
    "lenet-5": "lenet",
    "lenet-5-bn": "lenet",
    "lenet-300-100": "lenet",
    "lenet-slim": "lenet",
    "vgg-small": "vgg",
    "vgg-wide": "vgg",
    "vgg-slim": "vgg",
    "vgg-11": "vgg",
    "vgg-13": "vgg",
    "vgg-16": "vgg",
    "resnet-small": "residual",
    "resnet-white": "residual",
    "resnet-deep": "residual",
}


def build(name: str, shape: tuple[int, ...], classes: int) -> nn.Module:
    """The network registered under `name`, freshly initialized from torch's global generator.

    `shape` is the shape of one input: (features,) of a table, (channels, height, width) of an
    image. The network maps a batch (m, *shape) to logits (m, classes). Raises AgreementError for
    an unknown name, and one of no network, InputError when the network cannot take such inputs.
    """
    if name in BUILT_IN:
        importlib.import_module(f"codelength.networks.{BUILT_IN[name]}")
    try:
        factory = agreement.factory(name)
    except AgreementError as error:
        raise AgreementError(f"{error}; built in are {', '.join(BUILT_IN)}") from None
    from torch import nn

    try:
        inspect.signature(factory).bind(shape, classes)
    except (TypeError, ValueError):
        raise AgreementError(
            f"{name!r} is registered as no network: a network's factory takes a shape and classes"
        ) from None
    try:
        made = factory(shape, classes)
    except InputError as error:
        raise InputError(f"the network {name!r} does not fit inputs of shape {shape}: {error}") from None
    if not isinstance(made, nn.Module):
        raise AgreementError(
            f"the factory registered as {name!r} must return a torch.nn.Module, not {type(made).__name__}"
        )
    return made


def fits(name: str, shape: tuple[int, ...]) -> bool:
    """Whether the network of that name can take such inputs. Raises AgreementError for an unknown name."""
    import torch

    with torch.device("meta"):  # shapes alone, no numbers
        try:
            build(name, shape, 2)
        except InputError:
            return False
    return True


@typing.runtime_checkable
class Beholder(typing.Protocol):
    """A layer that takes what it is from the inputs, which both ends hold, before the first label."""

    def behold(self, x: Tensor) -> None:
        """Looks at a batch of normalized inputs (m, ...)."""


def show(network: nn.Module, x: Tensor) -> None:
    """Lets every layer of a network that wants to see normalized inputs (m, ...) see these."""
    for module in network.modules():
        if isinstance(module, Beholder):
            module.behold(x)


def is_network(name: str) -> bool:
    """Whether `name` is a built-in network, or registered with a factory that wants a shape and classes."""
    if name in BUILT_IN or not agreement.is_registered(name):
        return name in BUILT_IN
    parameters = inspect.signature(agreement.factory(name)).parameters.values()
    wanted = [p for p in parameters if p.default is p.empty and p.kind in _POSITIONAL]
    return len(wanted) == 2
