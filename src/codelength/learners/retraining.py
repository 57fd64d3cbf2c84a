"""The retrained network at work: the past, the training that is under way, the one before that predicts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codelength.checkpoint import State, nested, part
from codelength.learners.learner import learn_on, uniform, work
from codelength.learners.past import Past
from codelength.task import Inputs, Labels, Probabilities, Task
from codelength.training.course import Course, Training
from codelength.training.ensemble import Ensemble
from codelength.training.inputs import Normalizer
from codelength.training.pretext import pretext
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
        self._courses = [Course(self._recipe, count) for count in trainings]
        self._past = Past(len(task.x))
        self._begun = 0  # trainings
        self._last: list[Training] = []  # each network's, of the last of them
        self._ensemble = self._from_scratch()
        # what each training starts from, if not from scratch
        self._pretext = pretext(network, self._recipe, task, self._normalize, self._ensemble.seed)

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, classes) of the last training, float64; uniform before the first."""
        while self.learn_on():
            pass
        return self._ensemble.predict(x) if self._begun else uniform(len(x), self._task.classes)

    def update(self, x: Inputs, y: Labels) -> None:
        """Takes the labels (m,) of the next m inputs of the task."""
        self._past.add(y)
        due = sum(course.count <= self._past.seen for course in self._courses)
        if due > self._begun:
            while learn_on(self._pretext):
                pass
            self._begin(due)
            if self._pretext is not None:
                self._ensemble.start_from(self._pretext.member)

    def learn_on(self) -> bool:
        """A slice of the pretext, or of the training that is due; False when it is over."""
        return learn_on(self._pretext) or any(self._ensemble.each(learn_on, self._last))

    def work(self) -> tuple[float, float]:
        """That of the pretext and of all trainings."""
        behind, whole = work(self._pretext)
        networks = len(self._ensemble.members)
        whole += networks * sum(course.examples for course in self._courses)
        behind += networks * sum(course.examples for course in self._courses[: max(0, self._begun - 1)])
        return behind + sum(work(training)[0] for training in self._last), whole

    def state(self) -> State:
        """The labels so far, and the networks of the training that is under way or over."""
        state = self._past.state() | {"begun": np.array(self._begun)}
        if self._pretext is not None:
            state |= nested("pretext", self._pretext.state())
        for number, training in enumerate(self._last):
            state |= nested(f"network{number}", training.state())
        return state

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        self._past.restore(state)
        if self._pretext is not None:
            self._pretext.restore(part("pretext", state))
        if begun := int(state["begun"]):
            self._begin(begun)
        for number, training in enumerate(self._last):
            training.restore(part(f"network{number}", state))

    def _begin(self, training: int) -> None:
        """The first, second, … training is due: networks from scratch."""
        self._begun, self._ensemble = training, self._from_scratch()
        course = self._courses[training - 1]
        self._last = [Training(member, course, self._past.labels) for member in self._ensemble.members]

    def _from_scratch(self) -> Ensemble:
        return Ensemble(self._network, self._recipe, self._task, self._normalize)
