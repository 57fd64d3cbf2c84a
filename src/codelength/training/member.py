"""One network in training on rows of the inputs: picked, normalized, varied, learned, predicted."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from codelength import networks
from codelength.errors import InputError
from codelength.numerics import Numerics
from codelength.order import Rows
from codelength.training.augmentation import augment
from codelength.training.inputs import Normalizer
from codelength.training.recipe import Recipe
from codelength.training.trainer import Trainer, seeded

_SETTLED = 8192  # inputs that statistics of batch norms are taken from
_TRIED = 2  # inputs that a network must take
_SHOWN = 2048  # inputs shown to layers that depend on them
_SMALLEST_PREDICTED, _LARGEST_PREDICTED = 32, 512

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def built(network: str, x: Rows, classes: int, normalize: Normalizer, seed: int) -> nn.Module:
    """A network by name, initialized from `seed`, that has seen the first of the inputs x (n, ...).

    Raises AgreementError for an unknown network, InputError when it cannot take the inputs, or does not make
    logits of them.
    """
    with seeded(seed):
        made = networks.build(network, normalize.shape, classes)
    if len(x):
        networks.show(made, normalize(x[:_SHOWN]))
        with seeded(seed):
            _require_logits(network, made, normalize(x[np.arange(_TRIED) % len(x)]), classes)
    return made


@torch.no_grad()
def _require_logits(name: str, network: nn.Module, x: Tensor, classes: int) -> None:
    """Raises InputError unless the network makes finite logits (m, classes) of inputs x (m, ...)."""
    network.eval()
    try:
        logits = network(x)
    except Exception as error:  # a user's own network may raise anything
        raise InputError(
            f"the network {name!r} cannot take inputs of shape {tuple(x.shape)}: {error}"
        ) from error
    shape = tuple(logits.shape) if isinstance(logits, Tensor) else f"a {type(logits).__name__}"
    if shape != (len(x), classes):
        raise InputError(
            f"the network {name!r} gave {shape} for {len(x)} inputs, not logits {(len(x), classes)}"
        )
    if not torch.isfinite(logits).all():
        raise InputError(f"the network {name!r} gave logits that are not finite, before any training")


class Member:
    """A network, taken over and trained from `seed`, on inputs x (n, ...) that stay where they are."""

    def __init__(
        self,
        network: nn.Module,
        recipe: Recipe,
        x: Rows,
        normalize: Normalizer,
        numerics: Numerics,
        seed: int,
    ) -> None:
        self.seed = seed
        self.trainer = Trainer(network, recipe, numerics, seed)
        self._recipe = recipe
        self._x = x
        self._normalize = normalize

    def step(self, rows: Integers, labels: Integers, scale: float, variations: torch.Generator) -> Floats:
        """One step on varied inputs of these rows (m,); `labels` (n,) are of all rows.

        `scale` is the step size over the recipe's. Returns the loss of each input just before, in nats.
        """
        rows, wanted = self._question(rows, labels)
        x = augment(self._batch(self._x[rows]), self._recipe, variations)
        losses = self.trainer.step(x, torch.from_numpy(wanted), scale)
        return typing.cast(Floats, losses.double().numpy())

    def start_from(self, other: Member) -> None:
        """Takes over what another network has learned, all but its last layer, before any step."""
        for mine in (self.trainer.network, self.trainer.averaged):
            transplanted(other.trainer.averaged, mine)
        self.settle()
        for buffer, settled in zip(
            self.trainer.network.buffers(), self.trainer.averaged.buffers(), strict=True
        ):
            buffer.copy_(settled)

    def predict(self, x: npt.NDArray[Any]) -> Floats:
        """Probabilities (m, classes) of the averaged weights, the mean over the views of each input."""
        starts = range(0, len(x), _LARGEST_PREDICTED)
        return np.concatenate([self._predict_batch(x[at : at + _LARGEST_PREDICTED]) for at in starts])

    def outputs(self, x: npt.NDArray[Any]) -> Tensor:
        """What the averaged weights make of inputs (m, ...) as they are: (m, outputs), on the CPU."""
        starts = range(0, len(x), _LARGEST_PREDICTED)
        batches = (self._batch(x[at : at + _LARGEST_PREDICTED]) for at in starts)
        return torch.cat([self.trainer.logits(batch) for batch in batches])

    def settle(self) -> None:
        """Takes the statistics of batch norms anew, from the first inputs, in fixed batches."""
        starts = range(0, min(len(self._x), _SETTLED), _LARGEST_PREDICTED)
        batches = (self._x[at : at + _LARGEST_PREDICTED] for at in starts)
        self.trainer.settle(self._batch(batch) for batch in batches if len(batch) > 1)

    def _question(self, rows: Integers, labels: Integers) -> tuple[Integers, Integers]:
        """The rows of the inputs that a step shows, and the class wanted of each."""
        return rows, labels[rows]

    def _predict_batch(self, x: npt.NDArray[Any]) -> Floats:
        count = len(x)
        size = max(_SMALLEST_PREDICTED, 1 << (count - 1).bit_length())
        views = self._views(self._batch(x[np.arange(size) % count]))
        logits = torch.stack([self.trainer.logits(view)[:count] for view in views])
        return typing.cast(Floats, logits.double().softmax(dim=2).mean(dim=0).numpy())

    def _views(self, batch: Tensor) -> list[Tensor]:
        """The batch as it is, its mirror image if training has them, and mild random variations."""
        if batch.ndim != 4:
            return [batch]
        views = [batch, batch.flip(3)] if self._recipe.flips else [batch]
        generator = torch.Generator().manual_seed(self.seed)
        whole = dataclasses.replace(self._recipe, cutout=0.0)
        while len(views) < self._recipe.views:
            views.append(augment(batch, whole, generator, self._recipe.view_strength))
        return views[: self._recipe.views]

    def _batch(self, x: npt.NDArray[Any]) -> Tensor:
        return self._normalize(x).to(self.trainer.device)


@torch.no_grad()
def transplanted(learned: nn.Module, into: nn.Module) -> nn.Module:
    """The network `into`, with the parameters of one that is alike but for the last layer, which it keeps.

    So it does whatever has another shape, wherever a network of the user's own may have its last layer.
    """
    mine = dict(into.named_parameters())
    last = list(mine)[-1].rpartition(".")[0] + "."
    for name, parameter in learned.named_parameters():
        if not name.startswith(last) and parameter.shape == mine[name].shape:
            mine[name].copy_(parameter)
    return into
