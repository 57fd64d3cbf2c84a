"""What a network can learn from the inputs alone, which both ends hold: how far each was turned.

Source: S. Gidaris, P. Singh and N. Komodakis, Unsupervised Representation Learning by Predicting Image
Rotations (ICLR 2018).
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from codelength.errors import InputError
from codelength.order import Rows
from codelength.task import Task
from codelength.training.course import Course, Training
from codelength.training.inputs import Normalizer
from codelength.training.member import Member, built
from codelength.training.recipe import Recipe, preset

TURNS = 4


class Turned:
    """Pictures x (n, ...) in all four directions: row i is picture i // 4, turned by i % 4 quarters."""

    def __init__(self, x: Rows, channels_last: bool) -> None:
        self._x = x
        self._axes = (1, 2) if channels_last or x.ndim == 3 else (2, 3)  # height and width
        sides = {x.shape[axis] for axis in self._axes} if x.ndim > 2 else {0, 1}
        if len(sides) > 1:
            raise InputError(f"only square pictures can be turned, not inputs of shape {tuple(x.shape[1:])}")
        self.shape: tuple[int, ...] = (TURNS * len(x), *x.shape[1:])
        self.dtype = x.dtype
        self.ndim = x.ndim

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any, /) -> npt.NDArray[Any]:
        indices = np.arange(len(self))[rows]
        found = np.array(self._x[indices // TURNS])
        for turns in range(1, TURNS):
            mine = indices % TURNS == turns
            found[mine] = np.rot90(found[mine], turns, axes=self._axes)
        return found

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """How far each row is turned, in quarters."""
        return np.arange(len(self), dtype=np.int64) % TURNS


def pretext(network: str, recipe: Recipe, task: Task, normalize: Normalizer, seed: int) -> Training | None:
    """A network by name, to be trained on how far the task's inputs were turned, for the recipe's passes.

    None where the recipe has no pretext, or nothing to turn. Raises InputError unless the inputs are square
    pictures, AgreementError for an unknown network.
    """
    if not recipe.pretext or not len(task.x):
        return None
    turned = Turned(task.x, normalize.channels_last)
    turning = dataclasses.replace(preset(normalize.shape, "pretext"), passes=recipe.pretext)
    module = built(network, task.x, TURNS, normalize, seed)
    member = Member(module, turning, turned, normalize, task.numerics, seed)
    return Training(member, Course(turning, len(turned)), turned.labels)
