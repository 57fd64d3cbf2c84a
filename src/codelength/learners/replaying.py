"""The replay learner at work: what has been seen, what is trained on, what is predicted."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import numpy.typing as npt
import torch

from codelength.checkpoint import State, nested, part
from codelength.learners.learner import learn_on, uniform, work
from codelength.learners.past import Past
from codelength.task import Inputs, Labels, Probabilities, Task
from codelength.training.course import Course, Training
from codelength.training.ensemble import Ensemble
from codelength.training.inputs import Normalizer
from codelength.training.member import Member
from codelength.training.pretext import pretext
from codelength.training.recipe import Recipe, preset


class Replaying:
    """Predicts blocks and learns them: see `codelength.learners.replay.Replay`."""

    def __init__(self, network: str, recipe: Recipe | None, task: Task, use: str) -> None:
        normalize = Normalizer(task.x)
        recipe = recipe or preset(normalize.shape, use)
        if not task.predicts:
            recipe = dataclasses.replace(recipe, finish=0.0)
        self._classes = task.classes
        self._past = Past(len(task.x))
        self._ensemble = Ensemble(network, recipe, task, normalize)
        self._replays = [_Replays(member, recipe, len(task.x)) for member in self._ensemble.members]
        # as long as it is under way
        self._pretext = pretext(network, recipe, task, normalize, self._ensemble.seed)
        self._finish: list[Training] = []  # each network's, once all labels are there
        n, networks = len(task.x), recipe.networks
        self._course: Course | None = None  # of the finish
        if recipe.finish:
            finishing = dataclasses.replace(recipe, passes=recipe.finish, early=1.0)
            self._course = Course(finishing, n, recipe.step_scale_at(n))
        # examples trained on before the first label, until each label is learned, and after the last; a
        # view that is predicted counts as a third of one, for it only goes forward
        each = (networks * (recipe.passes_at(seen) + recipe.views / 3) for seen in range(1, n + 1))
        after = networks * self._course.examples if self._course else 0
        self._work = np.cumsum([work(self._pretext)[1], *each, after], dtype=np.float64)

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, classes) of the averaged weights, float64; uniform before the first label."""
        return self._ensemble.predict(x) if self._past.seen else uniform(len(x), self._classes)

    def update(self, x: Inputs, y: Labels) -> None:
        """Learns the labels (m,) of the next m inputs of the task."""
        while self.learn_on():
            pass
        self._past.add(y)
        self._ensemble.each(lambda replays: replays.learn(self._past.known, len(y)), self._replays)
        self._end()

    def learn_on(self) -> bool:
        """A slice of the pretext, before the first label, or of the finish, after the last one."""
        if self._pretext is None:
            return any(self._ensemble.each(learn_on, self._finish))
        if not self._pretext.learn_on():
            self._ensemble.start_from(self._pretext.member)
            self._pretext = None
        return True

    def work(self) -> tuple[float, float]:
        """That of the pretext, of all replays, of all predictions and of the finish."""
        behind = work(self._pretext)[0] if self._pretext else self._work[self._past.seen]
        return float(behind + sum(work(training)[0] for training in self._finish)), float(self._work[-1])

    def state(self) -> State:
        """The labels so far, and each network in training."""
        if self._pretext is not None:
            return nested("pretext", self._pretext.state())
        state = self._past.state()
        for number, network in enumerate(self._under_way):
            state |= nested(f"network{number}", network.state())
        return state

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        if before := part("pretext", state):
            assert self._pretext is not None
            self._pretext.restore(before)
            return
        self._pretext = None
        self._past.restore(state)
        self._end()
        for number, network in enumerate(self._under_way):
            network.restore(part(f"network{number}", state))

    @property
    def _under_way(self) -> list[_Replays | Training]:
        return [*(self._finish or self._replays)]

    def _end(self) -> None:
        """After the last label there is a finish to be learned, if the recipe has one."""
        if self._course and self._past.is_whole and not self._finish:
            self._finish = [
                Training(each, self._course, self._past.labels) for each in self._ensemble.members
            ]


class _Replays:
    """One network with its own choice of what to repeat, independent of the others'."""

    def __init__(self, member: Member, recipe: Recipe, n: int) -> None:
        self._member = member
        self._recipe = recipe
        self._random = np.random.Generator(np.random.PCG64(member.seed))
        self._variations = torch.Generator().manual_seed(member.seed)
        self._losses = np.ones(n)  # of each example when last trained on
        self._owed = 0.0  # examples to train on that did not fill a batch yet
        self._waiting = 0  # labels that no batch has held yet: the last ones seen

    def learn(self, labels: Labels, new: int) -> None:
        """Trains on the labels seen so far, of which the last `new` are new."""
        seen = len(labels)
        self._waiting += new
        self._owed += new * self._recipe.passes_at(seen)
        batch = self._recipe.batch_at(seen)
        steps = int(self._owed // batch)
        self._owed -= steps * batch
        scale = self._recipe.step_scale_at(seen)
        for left in range(steps, 0, -1):
            fresh = min(batch, -(-self._waiting // left))
            rows = self._choose(seen, batch, fresh)
            self._losses[rows] = self._member.step(rows, labels, scale, self._variations)
            self._waiting -= fresh

    def state(self) -> State:
        """The trainer's state, the losses, and where the choices of rows and variations are."""
        choices = json.dumps(self._random.bit_generator.state).encode()  # of whole numbers and names alone
        return {
            "losses": self._losses,
            "counts": np.array([self._owed, self._waiting]),
            "choices": np.frombuffer(choices, dtype=np.uint8),
            "variations": self._variations.get_state().numpy(),
        } | nested("trainer", self._member.trainer.state())

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        self._losses[:] = state["losses"]
        self._owed, self._waiting = float(state["counts"][0]), int(state["counts"][1])
        self._random.bit_generator.state = json.loads(state["choices"].tobytes())
        self._variations.set_state(torch.from_numpy(state["variations"].copy()))
        self._member.trainer.restore(part("trainer", state))

    def _choose(self, seen: int, batch: int, fresh: int) -> npt.NDArray[np.int64]:
        """Rows for one batch: `fresh` that were never trained on, the others any that were seen."""
        rows = self._random.integers(0, seen, batch)
        hard = round(batch * self._recipe.focus_at(seen))
        if hard:
            sums = np.cumsum(self._losses[:seen])
            found = np.searchsorted(sums, self._random.random(hard) * sums[-1], side="right")
            rows[batch - hard :] = np.minimum(found, seen - 1)
        first = seen - self._waiting
        rows[:fresh] = np.arange(first, first + fresh)
        return rows
