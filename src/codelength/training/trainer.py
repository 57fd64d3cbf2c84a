"""The training step: batches in, averaged weights out."""

from __future__ import annotations

import copy
import functools
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.optim import SGD, AdamW, Optimizer

from codelength.checkpoint import State, part
from codelength.numerics import Numerics
from codelength.training.muon import Muon
from codelength.training.recipe import Recipe


@runtime_checkable
class Priced(Protocol):
    """A network whose parameters have a price: the codelength itself is what training makes small."""

    def price(self) -> Tensor:
        """What its parameters cost, in nats for each label that they serve."""


#: modules in which layers draw nothing, but for these of torch's
_PLAIN = ("torch.nn.modules.", "codelength.networks.", "codelength.training.contrast")
_DRAWING = (
    _DropoutNd,
    nn.FractionalMaxPool2d,
    nn.FractionalMaxPool3d,
    nn.MultiheadAttention,
    nn.RNNBase,
    nn.RReLU,
)

#: held while torch's global generator is lent: networks are made and trained in several threads
_generator = threading.RLock()


class Trainer:
    """A network in training, with a copy of averaged weights that predicts.

    `network` is taken over. All randomness of its layers (dropout, say) comes from a stream of the
    trainer's own, seeded by `seed`; the global generators are left as they were.
    """

    def __init__(self, network: nn.Module, recipe: Recipe, numerics: Numerics, seed: int) -> None:
        self.recipe = recipe
        self.device = torch.device(numerics.device)
        self.network = network.to(self.device)
        for parameter in self.network.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        self.network.eval()
        self.averaged = copy.deepcopy(self.network).requires_grad_(False)
        self.steps = 0
        precision: torch.dtype = getattr(torch, numerics.precision)
        self._autocast = functools.partial(
            torch.autocast, self.device.type, torch.bfloat16, enabled=precision == torch.bfloat16
        )
        self._optimizers, self._matrices = optimizers(self.network, recipe, precision)
        self._first_steps = [[group["lr"] for group in each.param_groups] for each in self._optimizers]
        self._moving, self._followed = _floats(self.averaged), _floats(self.network)
        with seeded(seed, self.device):
            self._randomness = _generators(self.device)
        self._draws = any(map(_may_draw, self.network.modules()))

    def step(self, x: Tensor, y: Tensor, scale: float) -> Tensor:
        """One step on a batch x (m, ...) with labels y (m,), at `scale` times the recipe's step size.

        Label smoothing is scaled alike. Returns the cross-entropy (m,) of each label just before the
        step, in nats.
        """
        self.network.train()
        smoothing = self.recipe.label_smoothing * scale
        y = y.to(self.device)
        with self._own_randomness(), self._autocast():
            logits = self.network(x.to(self.device)).float()
        loss = cross_entropy(logits, y, label_smoothing=smoothing)
        if isinstance(self.network, Priced):
            loss = loss + self.network.price()
        self.network.zero_grad(set_to_none=True)
        if self._optimizers:  # none for a network with nothing to learn
            torch.autograd.backward(loss)
        for flat, weight in self._matrices:
            flat.grad = None if weight.grad is None else _as_matrix(weight.grad)
        for optimizer, first in zip(self._optimizers, self._first_steps, strict=True):
            for group, size in zip(optimizer.param_groups, first, strict=True):
                group["lr"] = size * scale
            optimizer.step()
        self.steps += 1
        self._average()
        return cross_entropy(logits.detach(), y, reduction="none").cpu()

    @torch.inference_mode()
    def logits(self, x: Tensor) -> Tensor:
        """Logits (m, classes) of the averaged weights, float32."""
        with self._own_randomness(), self._autocast():
            logits: Tensor = self.averaged(x.to(self.device))
            return logits.float().cpu()

    @property
    def learned(self) -> list[Tensor]:
        """The averaged weights, of those that are learned."""
        pairs = zip(self.averaged.parameters(), self.network.parameters(), strict=True)
        return [averaged for averaged, followed in pairs if followed.requires_grad]

    @torch.no_grad()
    def settle(self, batches: Iterable[Tensor]) -> None:
        """Takes the statistics of the averaged network's batch norms anew, from inputs alone."""
        norms = [module for module in self.averaged.modules() if isinstance(module, _BatchNorm)]
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # a plain mean over all batches
            norm.train()
        with self._own_randomness(), self._autocast():
            for x in batches:
                self.averaged(x.to(self.device))
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()

    def state(self) -> State:
        """Weights, averages, the optimizers' moments, and where the randomness is."""
        plain = {"steps": torch.tensor(self.steps), "randomness": self._randomness}
        return {name: tensor.cpu().numpy() for name, tensor in (plain | self._tensors()).items()}

    @torch.no_grad()
    def restore(self, state: State) -> None:
        """The inverse of `state`, into tensors laid out as training would have laid them out."""
        self.steps = int(state["steps"])
        self._randomness = torch.from_numpy(state["randomness"].copy())
        for number, optimizer in enumerate(self._optimizers):
            for at, weight in enumerate(_weights(optimizer)):
                moments = part(f"optimizer{number}.{at}", state)
                # "step" is a number a weight; the moments have the weight's shape and strides
                empty = {
                    name: torch.empty_like(weight) if a.ndim else torch.tensor(0.0, device=weight.device)
                    for name, a in moments.items()
                }
                optimizer.state[weight].update(empty)
        for name, tensor in self._tensors().items():
            tensor.copy_(torch.from_numpy(state[name].copy()))

    def _tensors(self) -> dict[str, Tensor]:
        named = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        named |= {f"averaged.{name}": tensor for name, tensor in self.averaged.state_dict().items()}
        for number, optimizer in enumerate(self._optimizers):
            for at, weight in enumerate(_weights(optimizer)):
                moments = optimizer.state.get(weight, {})
                named |= {
                    f"optimizer{number}.{at}.{name}": moment
                    for name, moment in moments.items()
                    if isinstance(moment, Tensor)
                }
        return named

    @torch.no_grad()
    def _average(self) -> None:
        share = 1 / max(1.0, self.recipe.averaged * self.steps)
        if not self._moving:
            return
        torch._foreach_lerp_(self._moving, self._followed, share)

    @contextmanager
    def _own_randomness(self) -> Iterator[None]:
        """Draws of the network's layers come from the trainer's stream, one trainer at a time."""
        if not self._draws:
            yield
            return
        with _generator:
            outside = _generators(self.device)
            _set_generators(self.device, self._randomness)
            try:
                yield
            finally:
                self._randomness = _generators(self.device)
                _set_generators(self.device, outside)


def _may_draw(module: nn.Module) -> bool:
    """Whether a layer may draw random numbers: torch's that do, and any that is neither torch's nor ours."""
    plain = type(module).__module__.startswith(_PLAIN)
    return not plain or isinstance(module, _DRAWING)


@contextmanager
def seeded(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """torch's global generators, a CUDA device's too, started from `seed` inside, and as before outside."""
    cuda = device is not None and device.type == "cuda"
    with _generator, torch.random.fork_rng(devices=[device] if cuda else []):
        torch.default_generator.manual_seed(seed)
        if cuda:
            torch.cuda.manual_seed(seed)
        yield


def _generators(device: torch.device) -> Tensor:
    """The states of the generators that layers on a device draw from: the CPU's, and a CUDA device's own."""
    cpu = torch.random.get_rng_state()
    return torch.cat((cpu, torch.cuda.get_rng_state(device))) if device.type == "cuda" else cpu


def _set_generators(device: torch.device, states: Tensor) -> None:
    cpu = len(torch.random.get_rng_state())
    torch.random.set_rng_state(states[:cpu])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states[cpu:], device)


def _weights(optimizer: Optimizer) -> list[Tensor]:
    return [weight for group in optimizer.param_groups for weight in group["params"]]


def _floats(module: nn.Module) -> list[Tensor]:
    tensors = [*module.parameters(), *module.buffers()]
    return [tensor.detach() for tensor in tensors if tensor.is_floating_point()]


def _as_matrix(weight: Tensor) -> Tensor:
    """A convolution's weight, channels last in memory, as a matrix of filters over the same numbers."""
    return weight.permute(0, 2, 3, 1).reshape(len(weight), -1) if weight.ndim == 4 else weight


def optimizers(
    network: nn.Module, recipe: Recipe, precision: torch.dtype
) -> tuple[list[Optimizer], list[tuple[Tensor, Tensor]]]:
    """The optimizers, and the matrices in which Muon sees the weights, beside the weights."""
    learned = [p for p in network.parameters() if p.requires_grad]
    if not learned:
        return [], []
    weights, others = ([p for p in learned if (p.ndim >= 2) == matrix] for matrix in (True, False))
    # Muon is for the weights between hidden layers: not those that see the inputs, not the last ones.
    ends = [p for p in network.parameters() if p.ndim >= 2]
    hidden = [p for p in weights if p.ndim in (2, 4) and p is not ends[0] and p is not ends[-1]]
    if recipe.optimizer == "muon" and hidden:
        others = [p for p in learned if not any(p is one for one in hidden)]
        pairs = [(nn.Parameter(_as_matrix(p.detach())), p) for p in hidden]
        muon = Muon(
            [flat for flat, _ in pairs],
            lr=recipe.step,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            precision=precision,
        )
        return [muon, _adamw([], others, recipe)], list(pairs)
    if recipe.optimizer == "sgd":
        groups = _groups(weights, others, recipe)
        return [SGD(groups, lr=recipe.step, momentum=recipe.momentum, nesterov=True, fused=True)], []
    return [_adamw(weights, others, recipe)], []


def _adamw(weights: list[nn.Parameter], others: list[nn.Parameter], recipe: Recipe) -> Optimizer:
    return AdamW(_groups(weights, others, recipe), betas=(0.9, 0.99), fused=True)


def _groups(weights: list[nn.Parameter], others: list[nn.Parameter], recipe: Recipe) -> list[dict[str, Any]]:
    groups = [
        {"params": weights, "lr": recipe.step, "weight_decay": recipe.weight_decay},
        {"params": others, "lr": recipe.bias_step, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
