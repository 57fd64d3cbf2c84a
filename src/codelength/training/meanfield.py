"""A network whose parameters are Gaussians, each on its own: the posterior beta, beside its prior alpha.

Forward passes draw weights once for a batch (C. Blundell et al., Weight Uncertainty in Neural Networks, ICML
2015); of linear layers they draw what comes out, for each example on its own: the local reparameterization
trick (D. Kingma, T. Salimans and M. Welling, NeurIPS 2015). A convolution's weights serve all places of a
picture, so that what comes out cannot be drawn place by place.
"""

from __future__ import annotations

import math
import typing

import torch
from torch import Tensor, nn
from torch.func import functional_call

from codelength.errors import InputError
from codelength.profile import is_portable

_LEAST_VARIANCE = 1e-8


class Gaussian(nn.Module):
    """A layer whose learned parameters are Gaussians: the layer's own are their means.

    In evaluation it is the layer at its means.
    """

    def __init__(self, layer: nn.Module, deviation: float) -> None:
        super().__init__()
        self.layer = layer
        self.names = [name for name, p in layer.named_parameters(recurse=False) if p.requires_grad]
        self.log_deviations = nn.ParameterList(
            torch.full_like(mean, math.log(deviation * _typical(mean))) for mean in self.means()
        )

    def means(self) -> list[Tensor]:
        return [self.layer.get_parameter(name) for name in self.names]


class Sampled(Gaussian):
    """Any layer: its parameters are drawn, once for a batch."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return typing.cast(Tensor, self.layer(x))
        drawn = [
            mean + log.exp() * torch.randn_like(mean)
            for mean, log in zip(self.means(), self.log_deviations, strict=True)
        ]
        named = dict(zip(self.names, drawn, strict=True))
        return typing.cast(Tensor, functional_call(self.layer, named, (x,)))


class LocallySampled(Gaussian):
    """A linear layer: what it puts out is drawn, of each example on its own."""

    def forward(self, x: Tensor) -> Tensor:
        mean: Tensor = self.layer(x)
        if not self.training:
            return mean
        variances = {name: torch.zeros_like(p) for name, p in self.layer.named_parameters()}
        variances |= {
            name: (2 * log).exp() for name, log in zip(self.names, self.log_deviations, strict=True)
        }
        variance: Tensor = functional_call(self.layer, variances, (x.square(),))
        return mean + root(variance.clamp(min=_LEAST_VARIANCE)) * torch.randn_like(mean)


class MeanField(nn.Module):
    """A network, taken over, with a Gaussian for every learned parameter.

    The prior of each tensor is a Gaussian around what the tensor was at first (vectors: norms start at one)
    or around zero (matrices, but those of a network that is `known`, all but its last); its variance is the
    best one, the mean square. `price` grows over `warm_up` batches.
    Raises InputError for a module with parameters of its own that contains other modules that learn.
    """

    def __init__(self, network: nn.Module, labels: int, warm_up: int, deviation: float, known: bool) -> None:
        super().__init__()
        self.network = _replaced(network, deviation, {})
        self._labels = max(1, labels)
        self._warm_up = max(1, warm_up)
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))
        means = [mean for mean, _ in self.gaussians()]
        last = max((number for number, mean in enumerate(means) if mean.ndim > 1), default=0)
        for number, mean in enumerate(means):
            stays = mean.ndim < 2 or (known and number < last)
            center = mean.detach().clone() if stays else torch.zeros_like(mean)
            self.register_buffer(f"center{number}", center, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.get_buffer("batches").add_(1)
        return typing.cast(Tensor, self.network(x))

    def price(self) -> Tensor:
        """KL(beta || alpha), in nats for each label; less at first, while the means find their places."""
        share = min(1.0, float(self.get_buffer("batches")) / self._warm_up)
        return self.divergences().sum() * (share / self._labels)

    def divergences(self) -> Tensor:
        """KL(beta || alpha) of each tensor (tensors,), in nats, alpha's variances being the best ones."""
        best = self.prior_deviations()
        return torch.stack(
            [
                divergence((mean - self.center(number)) / best[number], log - best[number].log()).sum()
                for number, (mean, log) in enumerate(self.gaussians())
            ]
        )

    def prior_deviations(self) -> Tensor:
        """The best deviation of each tensor's prior (tensors,): the root of the mean square."""
        squares = [
            ((mean - self.center(number)).square() + (2 * log).exp()).mean()
            for number, (mean, log) in enumerate(self.gaussians())
        ]
        return root(torch.stack(squares))

    def center(self, number: int) -> Tensor:
        """The mean of a tensor's prior, of the tensor's shape."""
        return self.get_buffer(f"center{number}")

    def gaussians(self) -> list[tuple[Tensor, Tensor]]:
        """Means and logarithms of deviations, a pair a tensor, in the order of the network's parameters."""
        layers = [module for module in self.network.modules() if isinstance(module, Gaussian)]
        return [pair for layer in layers for pair in zip(layer.means(), layer.log_deviations, strict=True)]


def root(x: Tensor) -> Tensor:
    """The square root; under the portable profile one that all processors agree on.

    torch leaves its own to MKL, whose last bit depends on the maker of the processor.
    """
    return x.rsqrt().reciprocal() if is_portable() else x.sqrt()


def divergence(mean: Tensor, log_deviation: Tensor) -> Tensor:
    """KL(beta || alpha) in nats of Gaussians, in units of alpha's deviation and around its mean."""
    return 0.5 * (mean.square() + (2 * log_deviation).exp() - 1) - log_deviation


def _replaced(module: nn.Module, deviation: float, made: dict[int, nn.Module]) -> nn.Module:
    """The module with each layer that learns put into a `Gaussian`; a shared one stays shared."""
    if id(module) in made:
        return made[id(module)]
    learns = any(p.requires_grad for p in module.parameters(recurse=False))
    children = list(module.named_children())
    if learns and any(p.requires_grad for _, child in children for p in child.parameters()):
        raise InputError(
            "a variational code takes networks whose parameters are in layers: "
            f"{type(module).__name__} has parameters of its own and modules within"
        )
    made[id(module)] = module
    if learns:
        kind = LocallySampled if isinstance(module, nn.Linear) else Sampled
        made[id(module)] = kind(module, deviation)
    for name, child in children:
        setattr(module, name, _replaced(child, deviation, made))
    return made[id(module)]


def _typical(p: Tensor) -> float:
    """How far a fresh layer's weights lie apart; of vectors, a tenth."""
    return 1 / math.sqrt(max(1, p[0].numel())) if p.ndim > 1 else 0.1
