"""A network that is trained at one end, and rebuilt from its parameters at both."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import torch

from codelength.channel import Channel
from codelength.checkpoint import State, nested, part
from codelength.compression.compression import Parameters, Shapes
from codelength.learners.learner import Inputs, Probabilities, Task
from codelength.training.course import Course
from codelength.training.inputs import Normalizer
from codelength.training.recipe import Recipe, preset
from codelength.training.students import Students


class Trained:
    """One network, as its recipe says; what Bob can compute from the inputs is no parameter of it."""

    def __init__(self, network: str, recipe: Recipe | None, task: Task) -> None:
        normalize = Normalizer(task.x)
        # one network is sent, however many the recipe would train side by side
        recipe = dataclasses.replace(recipe or preset(normalize.shape, anew=True), networks=1)
        self._course = Course(recipe, len(task.x)) if len(task.x) else None
        self._students = Students(network, recipe, task.x, task.classes, normalize, task.numerics, task.seed)
        self._student = self._students.members[0]
        self._taken = 0  # steps of the course

    @property
    def shapes(self) -> Shapes:
        """The shapes of its learned parameters."""
        return tuple(tuple(tensor.shape) for tensor in self._student.trainer.learned)

    def fit(self, channel: Channel) -> Parameters:
        """Trains it on all labels, at Alice's end; its parameters, one after the other."""
        labels = channel.own_labels()
        while self._course and (steps := self._course.slice(self._taken)):
            self._train(labels, steps)
            self._taken = steps.stop
            channel.keep(self, self._taken / self._course.steps)
        learned = self._student.trainer.learned
        flat = [tensor.detach().float().cpu().contiguous().flatten().numpy() for tensor in learned]
        return np.concatenate([np.zeros(0, np.float32), *flat])

    def _train(self, labels: npt.NDArray[np.int64], steps: range) -> None:
        course = self._course
        assert course is not None
        self._students.each(lambda student: course.train(student, labels, steps), [self._student])

    def state(self) -> State:
        """The network in training, and how far it is."""
        return {"taken": np.array(self._taken)} | nested("network", self._student.trainer.state())

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        self._taken = int(state["taken"])
        self._student.trainer.restore(part("network", state))

    @torch.no_grad()
    def load(self, theta: Parameters) -> None:
        """Takes the parameters that were sent."""
        start = 0
        for tensor in self._student.trainer.learned:
            mine = theta[start : start + tensor.numel()]
            tensor.copy_(torch.from_numpy(mine.copy()).reshape(tensor.shape))
            start += tensor.numel()
        self._student.settle()

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, classes)."""
        return self._students.predict(x)

    def rehearse(self, steps: int) -> Probabilities:
        """What comes of a few steps with made-up labels; not to be used after."""
        return self._students.rehearse(steps)
