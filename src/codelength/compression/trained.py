"""A network that is trained at one end, and rebuilt from its parameters at both."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from codelength.channel import Channel
from codelength.checkpoint import State, nested, part
from codelength.compression.compression import Parameters, Shapes, split
from codelength.errors import InputError
from codelength.task import Inputs, Probabilities, Task
from codelength.training.course import Course, Training
from codelength.training.ensemble import Ensemble
from codelength.training.inputs import Normalizer
from codelength.training.member import Member, built, transplanted
from codelength.training.pretext import TURNS, pretext
from codelength.training.recipe import Recipe, kind, preset


class Trained:
    """One network, as its recipe says; what Bob can compute from the inputs is no parameter of it.

    Alice trains it in stages, each of a network of its own; what each came to is kept, so that a run
    that was stopped goes on within the stage that was under way.
    """

    def __init__(self, network: str, recipe: Recipe | None, task: Task, use: str) -> None:
        self.task = task
        self._network = network
        self._normalize = Normalizer(task.x)
        # one network is sent, however many the recipe would train side by side
        self.recipe = dataclasses.replace(recipe or preset(self._normalize.shape, use), networks=1)
        self._ensemble = Ensemble(network, self.recipe, task, self._normalize)
        self._member = self._ensemble.members[0]
        self._ended: list[Parameters] = []  # what each stage came to
        self._asked: list[float] = []  # stages asked for: their parts of the recipe's passes
        self._left: State = {}  # of the stage that was under way
        self._under_way: Training | None = None

    @property
    def shapes(self) -> Shapes:
        """The shapes of its learned parameters."""
        return tuple(tuple(tensor.shape) for tensor in self._member.trainer.learned)

    @property
    def names(self) -> list[str]:
        """The names of its learned parameters."""
        named = self._member.trainer.network.named_parameters()
        return [name for name, parameter in named if parameter.requires_grad]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one input, as the network takes it."""
        return self._normalize.shape

    @property
    def kind(self) -> int:
        """Of its inputs: tables, grey pictures or photographs."""
        return kind(self._normalize.shape)

    def fresh(self) -> nn.Module:
        """The network as it is before any training, alike at both ends."""
        return built(self._network, self.task.x, self.task.classes, self._normalize, self._ensemble.seed)

    def train(self, channel: Channel, network: nn.Module, share: float = 1.0, **changes: Any) -> Parameters:
        """Trains a network on all labels, which Alice has: its learned parameters, one after the other.

        `share` is its part of the recipe's passes, `changes` what else differs from the recipe.
        """
        recipe, task = self._recipe(share, changes), self.task
        seed = self._ensemble.seed + len(self._asked)
        member = Member(network, recipe, task.x, self._normalize, task.numerics, seed)
        course = Course(recipe, len(task.x))
        return self._stage(channel, Training(member, course, channel.all_labels()), share)

    def begun(self, channel: Channel) -> nn.Module:
        """The network before the first label, alike at both ends: fresh, or after the recipe's pretext.

        Raises InputError where there are no square pictures to turn.
        """
        task, seed = self.task, self._ensemble.seed
        training = pretext(self._network, self.recipe, task, self._normalize, seed)
        if training is None:
            return self.fresh()
        theta = self._stage(channel, training, self._pretext)
        fill(training.member.trainer.learned, theta)
        return transplanted(training.member.trainer.averaged, self.fresh())

    def _stage(self, channel: Channel, training: Training, share: float) -> Parameters:
        """One training from beginning to end, or from where it was stopped: the learned parameters."""
        stage, before = len(self._asked), sum(self._asked)
        self._asked.append(share)
        if stage < len(self._ended):
            return self._ended[stage]
        if self._left:
            training.restore(self._left)
            self._left = {}
        while training.learn_on():
            self._under_way = training
            behind, whole = training.work()
            channel.keep(self, (before + share * behind / whole) / (1 + self._pretext))
        self._under_way = None
        theta = flattened(training.member.trainer.learned)
        if not np.isfinite(theta).all():
            raise InputError(f"the training of {self._network!r} diverged: give a recipe with smaller steps")
        self._ended.append(theta)
        return theta

    @property
    def _pretext(self) -> float:
        """How much work the pretext is, beside the recipe's passes."""
        return TURNS * self.recipe.pretext / self.recipe.passes

    def steps(self, share: float) -> int:
        """How many steps that part of the recipe's passes is."""
        return Course(self._recipe(share, {}), len(self.task.x)).steps

    def _recipe(self, share: float, changes: dict[str, Any]) -> Recipe:
        return dataclasses.replace(self.recipe, passes=max(0.1, share * self.recipe.passes), **changes)

    def state(self) -> State:
        """What the stages came to, and the network in training."""
        state: State = {f"ended{stage}": theta for stage, theta in enumerate(self._ended)}
        if self._under_way:
            state |= nested("left", self._under_way.state())
        return state

    def restore(self, state: State) -> None:
        """The inverse of `state`: `train`, asked for the same stages, goes on where it was."""
        count = sum(name.startswith("ended") for name in state)
        self._ended = [np.asarray(state[f"ended{stage}"], np.float32) for stage in range(count)]
        self._left = part("left", state)

    def load(self, theta: Parameters) -> None:
        """Takes the parameters that were sent."""
        fill(self._member.trainer.learned, theta)
        self._member.settle()

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, classes)."""
        return self._ensemble.predict(x)

    def rehearse(self) -> Probabilities:
        """What comes of a few steps with made-up labels; not to be used after."""
        return self._ensemble.rehearse()


def flattened(tensors: list[Tensor]) -> Parameters:
    """Tensors as float32 numbers, one after the other."""
    flat = [tensor.detach().float().cpu().contiguous().flatten().numpy() for tensor in tensors]
    return np.concatenate([np.zeros(0, np.float32), *flat])


@torch.no_grad()
def fill(tensors: list[Tensor], theta: Parameters) -> None:
    """The inverse of `flattened`, into tensors that there are."""
    for tensor, values in zip(tensors, split(theta, tuple(tuple(t.shape) for t in tensors)), strict=True):
        tensor.copy_(torch.from_numpy(values.copy()))
