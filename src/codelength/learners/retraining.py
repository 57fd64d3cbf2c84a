"""The retrained network at work: the past, the training that is under way, the one before that predicts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codelength.checkpoint import State, nested, part
from codelength.errors import InputError
from codelength.learners.learner import Inputs, Labels, Probabilities, Task, uniform
from codelength.training.course import Course
from codelength.training.ensemble import Ensemble
from codelength.training.inputs import Normalizer
from codelength.training.pretext import pretext, pretext_work
from codelength.training.recipe import Recipe, preset


class Retraining:
    """Predicts with the last training: see `codelength.learners.retrain.Retrain`.

    A training is left to `learn_on`, slice by slice, and is finished before anything is predicted.
    """

    def __init__(self, network: str, recipe: Recipe | None, trainings: Sequence[int], task: Task) -> None:
        self._network = network
        self._task = task
        self._normalize = Normalizer(task.x)
        self._recipe = recipe or preset(self._normalize.shape, "anew")
        self._trainings = [Course(self._recipe, count) for count in trainings]
        self._labels = np.zeros(len(task.x), np.int64)
        self._seen = 0
        self._begun = 0  # trainings
        self._taken = 0  # steps of the last of them
        self._ensemble = self._from_scratch()
        # what each training starts from, if not from scratch
        self._pretext = pretext(
            network, self._recipe, task.x, self._normalize, task.numerics, self._ensemble.seed
        )

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, classes) of the last training, float64; uniform before the first."""
        while self.learn_on():
            pass
        return self._ensemble.predict(x) if self._begun else uniform(len(x), self._task.classes)

    def update(self, x: Inputs, y: Labels) -> None:
        """Takes the labels (m,) of the next m inputs of the task."""
        if self._seen + len(y) > len(self._labels):
            raise InputError(f"there are only {len(self._labels)} inputs to learn labels of")
        self._labels[self._seen : self._seen + len(y)] = y
        self._seen += len(y)
        due = sum(training.count <= self._seen for training in self._trainings)
        if due > self._begun:
            self._begun, self._taken = due, 0
            self._ensemble = self._from_scratch()

    def learn_on(self) -> bool:
        """A slice of the pretext, or of the training that is due; False when it is over."""
        if self._pretext is not None and self._pretext.learn_on():
            return True
        training = self._trainings[self._begun - 1] if self._begun else None
        if training is None or self._taken == training.steps:
            return False
        if self._pretext is not None and not self._taken:
            self._ensemble.start_from(self._pretext.member)
        steps, labels = training.slice(self._taken), self._labels[: training.count]
        self._ensemble.each(lambda member: training.train(member, labels, steps), self._ensemble.members)
        self._taken = steps.stop
        return True

    def done(self) -> float:
        """The share of all trainings' steps that is behind, each by its batch."""
        total: float = sum(training.steps * training.batch for training in self._trainings)
        to_come = self._trainings[self._begun :]
        left: float = sum(training.steps * training.batch for training in to_come)
        if self._begun:
            under_way = self._trainings[self._begun - 1]
            left += (under_way.steps - self._taken) * under_way.batch
        if self._pretext is not None:
            before = pretext_work(self._recipe) * len(self._labels)
            total, left = total + before, left + before * (1 - self._pretext.done())
        return 1 - left / total if total else 1.0

    def state(self) -> State:
        """The labels so far, and the networks of the training that is under way or over."""
        state: State = {
            "labels": self._labels[: self._seen],
            "counts": np.array([self._begun, self._taken]),
        }
        if self._pretext is not None:
            state |= nested("pretext", self._pretext.state())
        for number, member in enumerate(self._ensemble.members):
            state |= nested(f"network{number}", member.trainer.state())
        return state

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        self._seen = len(state["labels"])
        self._labels[: self._seen] = state["labels"]
        self._begun, self._taken = (int(count) for count in state["counts"])
        if self._pretext is not None:
            self._pretext.restore(part("pretext", state))
        for number, member in enumerate(self._ensemble.members):
            member.trainer.restore(part(f"network{number}", state))

    def rehearse(self) -> Probabilities:
        """What comes of a few steps with made-up labels; not to be trained on after."""
        return self._ensemble.rehearse()

    def _from_scratch(self) -> Ensemble:
        task = self._task
        return Ensemble(
            self._network, self._recipe, task.x, task.classes, self._normalize, task.numerics, task.seed
        )
