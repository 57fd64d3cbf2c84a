"""The replay learner at work: what has been seen, what is trained on, what is predicted."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from codelength import networks
from codelength.checkpoint import State, nested, part
from codelength.errors import InputError
from codelength.learners.learner import Inputs, Labels, Probabilities, Task
from codelength.training.augmentation import augment
from codelength.training.inputs import Normalizer
from codelength.training.loop import Trainer, seeded
from codelength.training.recipe import Recipe, preset

_SMALLEST_PREDICTED, _LARGEST_PREDICTED = 32, 512

T = typing.TypeVar("T")


class Replaying:
    """Predicts blocks and learns them: see `codelength.learners.replay.Replay`.

    With several networks each has a thread of its own, and its share of the threads that were
    agreed: that is faster than all threads on one network after the other.
    """

    def __init__(self, network: str, recipe: Recipe | None, task: Task) -> None:
        self._task = task
        self._normalize = Normalizer(task.x)
        self._recipe = recipe or preset(self._normalize.shape)
        self._labels = np.zeros(len(task.x), np.int64)
        self._seen = 0
        self._students = []
        for number in range(self._recipe.networks):
            seed = 1000 * task.seed + number
            with seeded(seed):
                built = networks.build(network, self._normalize.shape, task.classes)
            self._students.append(Student(built, self._recipe, task, self._normalize, seed))
        threads = task.numerics.threads
        self._pool = ThreadPoolExecutor(max(1, min(len(self._students), threads)))
        self._threads = max(1, threads // len(self._students))  # of each network

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, classes) of the averaged weights, float64; uniform before the first label."""
        if not self._seen or not len(x):
            return np.full((len(x), self._task.classes), 1 / self._task.classes)
        mean = np.mean(self._each(lambda student: student.predict(x)), axis=0)
        return typing.cast(Probabilities, mean / mean.sum(axis=1, keepdims=True))

    def update(self, x: Inputs, y: Labels) -> None:
        """Learns the labels (m,) of the next m inputs of the task."""
        if self._seen + len(y) > len(self._labels):
            raise InputError(f"there are only {len(self._labels)} inputs to learn labels of")
        self._labels[self._seen : self._seen + len(y)] = y
        self._seen += len(y)
        self._each(lambda student: student.learn(self._labels[: self._seen], len(y)))

    def state(self) -> State:
        """The labels so far, and each network in training."""
        state: State = {"labels": self._labels[: self._seen]}
        for number, student in enumerate(self._students):
            state |= nested(f"student{number}", student.state())
        return state

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        self._seen = len(state["labels"])
        self._labels[: self._seen] = state["labels"]
        for number, student in enumerate(self._students):
            student.restore(part(f"student{number}", state))

    def rehearse(self, steps: int) -> Probabilities:
        """What comes of a few steps at the smallest and the largest batch with made-up labels."""
        rows = self._seen = len(self._task.x)
        if not rows:
            return self.predict(self._task.x)
        labels = np.arange(rows) % self._task.classes
        sizes = (self._recipe.smallest_batch, self._recipe.batch_at(rows))
        batches = [np.arange(start, start + size) % rows for start in range(steps) for size in sizes]
        self._each(lambda student: student.step_through(batches, labels))
        return self.predict(self._task.x[:_SMALLEST_PREDICTED])

    def _each(self, do: Callable[[Student], T]) -> list[T]:
        def done(student: Student) -> T:
            # A thread takes the count over from whoever set one last, when it first asks for it: only
            # then does a count of its own hold. Another count would be other floats.
            torch.get_num_threads()
            torch.set_num_threads(self._threads)
            return do(student)

        outside = torch.get_num_threads()
        try:
            return list(self._pool.map(done, self._students))
        finally:
            torch.set_num_threads(outside)


class Student:
    """One network with its own choice of what to repeat, independent of the others'."""

    def __init__(
        self, network: nn.Module, recipe: Recipe, task: Task, normalize: Normalizer, seed: int
    ) -> None:
        self.trainer = Trainer(network, recipe, task.numerics, seed)
        self._recipe = recipe
        self._x = task.x
        self._normalize = normalize
        self._seed = seed
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._torch_random = torch.Generator().manual_seed(seed)
        self._losses = np.ones(len(task.x))  # of each example when last trained on
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
        for left in range(steps, 0, -1):
            fresh = min(batch, -(-self._waiting // left))
            self._step(self._choose(seen, batch, fresh), labels)
            self._waiting -= fresh

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, classes), the mean over the views of each input."""
        starts = range(0, len(x), _LARGEST_PREDICTED)
        return np.concatenate([self._predict_batch(x[at : at + _LARGEST_PREDICTED]) for at in starts])

    def state(self) -> State:
        """The trainer's state, the losses, and where the choices of rows and variations are."""
        generator: Any = self._random.bit_generator.state
        words = [generator["state"][name].to_bytes(16, "little") for name in ("state", "inc")]
        half = [generator["has_uint32"], generator["uinteger"]]
        return {
            "losses": self._losses,
            "counts": np.array([self._owed, self._waiting]),
            "choices": np.frombuffer(b"".join(words), dtype=np.uint64),
            "half": np.array(half, dtype=np.uint64),
            "variations": self._torch_random.get_state().numpy(),
        } | nested("trainer", self.trainer.state())

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        self._losses[:] = state["losses"]
        self._owed, self._waiting = float(state["counts"][0]), int(state["counts"][1])
        words = state["choices"].tobytes()
        self._random.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {
                "state": int.from_bytes(words[:16], "little"),
                "inc": int.from_bytes(words[16:], "little"),
            },
            "has_uint32": int(state["half"][0]),
            "uinteger": int(state["half"][1]),
        }
        self._torch_random.set_state(torch.from_numpy(state["variations"].copy()))
        self.trainer.restore(part("trainer", state))

    def step_through(self, batches: Iterable[npt.NDArray[np.int64]], labels: Labels) -> None:
        """Trains on batches of examples, each given by its rows."""
        for rows in batches:
            self._step(rows, labels)

    def _step(self, rows: npt.NDArray[np.int64], labels: Labels) -> None:
        x = augment(self._normalize(self._x[rows]), self._recipe, self._torch_random)
        losses = self.trainer.step(x, torch.from_numpy(labels[rows]), len(labels))
        self._losses[rows] = losses.numpy()

    def _predict_batch(self, x: Inputs) -> Probabilities:
        count = len(x)
        size = max(_SMALLEST_PREDICTED, 1 << (count - 1).bit_length())
        views = self._views(self._normalize(x[np.arange(size) % count]))
        logits = torch.stack([self.trainer.logits(view)[:count] for view in views])
        return typing.cast(Probabilities, logits.double().softmax(dim=2).mean(dim=0).numpy())

    def _views(self, batch: Tensor) -> list[Tensor]:
        """The batch as it is, its mirror image if training has them, and mild random variations."""
        if batch.ndim != 4:
            return [batch]
        views = [batch, batch.flip(3)] if self._recipe.flips else [batch]
        generator = torch.Generator().manual_seed(self._seed)
        while len(views) < self._recipe.views:
            views.append(augment(batch, self._recipe, generator, self._recipe.view_strength))
        return views[: self._recipe.views]

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
