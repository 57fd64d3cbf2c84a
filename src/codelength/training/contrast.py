"""What a network can learn from the inputs alone: to tell each from the others, however it is varied.

Source: T. Chen, S. Kornblith, M. Norouzi and G. Hinton, A Simple Framework for Contrastive Learning of Visual
Representations (SimCLR, ICML 2020); the network's last layer stands for the projection head, and what it
puts out is what is learned for: neighbours among it served better than among what goes into it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from codelength.errors import InputError
from codelength.task import Task
from codelength.training.course import Course, Training
from codelength.training.inputs import Normalizer
from codelength.training.member import Integers, Member, built
from codelength.training.recipe import Recipe

_DIMENSIONS = 64
_TEMPERATURE = 0.2


class Similarities(nn.Module):
    """A network whose outputs (m, dimensions) have length one; in training, how alike any two of them are.

    These (m, m), over the temperature, are logits of which other one shows the same picture (equation 1).
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        z = self.network(x)
        with torch.autocast(x.device.type, enabled=False):
            z = functional.normalize(z.float())
            if not self.training:
                return z
            itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
            return (z @ z.T / _TEMPERATURE).masked_fill(itself, -torch.inf)


class Contrasted(Member):
    """A network that learns to find, among varied pictures, the other variation of the same one."""

    def _question(self, rows: Integers, labels: Integers) -> tuple[Integers, Integers]:
        """Each row twice; what is wanted of either is the place of the other, whatever its label."""
        return np.tile(rows, 2), np.roll(np.arange(2 * len(rows)), len(rows))


def contrast(network: str, recipe: Recipe, task: Task, normalize: Normalizer, seed: int) -> Training:
    """A network by name, to be trained on a task's inputs alone, under the recipe's variations.

    Raises InputError unless the inputs are pictures, AgreementError for an unknown network.
    """
    if len(normalize.shape) != 3:
        raise InputError("only pictures can be varied to be told apart, not a table of numbers")
    module = Similarities(built(network, task.x, _DIMENSIONS, normalize, seed))
    member = Contrasted(module, recipe, task.x, normalize, task.numerics, seed)
    return Training(member, Course(recipe, len(task.x)), np.arange(len(task.x)))
