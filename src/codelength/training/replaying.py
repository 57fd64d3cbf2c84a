"""The replay learner at work: what has been seen, what is trained on, what is predicted."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from codelength import networks
from codelength.errors import InputError
from codelength.learners.learner import Inputs, Labels, Probabilities, Task
from codelength.training.augmentation import augment
from codelength.training.inputs import Normalizer
from codelength.training.loop import Trainer, seeded
from codelength.training.recipe import Recipe, preset

_SMALLEST_PREDICTED, _LARGEST_PREDICTED = 32, 512


class Replaying:
    """Predicts blocks and learns them: see `codelength.learners.replay.Replay`."""

    def __init__(self, network: str, recipe: Recipe | None, task: Task) -> None:
        self._task = task
        self._normalize = Normalizer(task.x)
        self._recipe = recipe or preset(self._normalize.shape)
        self._trainers = []
        for number in range(self._recipe.networks):
            seed = task.seed * 1000 + number
            with seeded(seed):
                built = networks.build(network, self._normalize.shape, task.classes)
            self._trainers.append(Trainer(built, self._recipe, task.numerics, seed))
        self._random = np.random.Generator(np.random.PCG64(task.seed))
        self._torch_random = torch.Generator().manual_seed(task.seed)
        self._labels = np.zeros(len(task.x), np.int64)
        self._losses = np.ones(len(task.x))  # of each example when last trained on
        self._seen = 0
        self._owed = 0.0  # examples to train on that did not fill a batch yet
        self._waiting = 0  # new labels that no batch has held yet: the last ones seen

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, classes) of the averaged weights, float64; uniform before the first label."""
        if not self._seen:
            return np.full((len(x), self._task.classes), 1 / self._task.classes)
        parts = [
            self._predict_batch(x[start : start + _LARGEST_PREDICTED])
            for start in range(0, len(x), _LARGEST_PREDICTED)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self._task.classes))

    def update(self, x: Inputs, y: Labels) -> None:
        """Learns the labels (m,) of the next m inputs of the task."""
        if self._seen + len(y) > len(self._labels):
            raise InputError(f"there are only {len(self._labels)} inputs to learn labels of")
        self._labels[self._seen : self._seen + len(y)] = y
        self._seen += len(y)
        self._waiting += len(y)
        self._owed += len(y) * self._recipe.passes_at(self._seen)
        batch = self._recipe.batch_at(self._seen)
        steps = int(self._owed // batch)
        self._owed -= steps * batch
        for left in range(steps, 0, -1):
            fresh = min(batch, -(-self._waiting // left))
            self._step(self._choose(batch, fresh))
            self._waiting -= fresh

    def rehearse(self, steps: int) -> Probabilities:
        """What comes of a few steps at the smallest and the largest batch with made-up labels."""
        rows = len(self._task.x)
        if not rows:
            return self.predict(self._task.x)
        self._labels[:] = np.arange(rows) % self._task.classes
        self._seen = rows
        sizes = (self._recipe.smallest_batch, self._recipe.batch_at(rows))
        for number in range(steps):
            for size in sizes:
                self._step((number * size + np.arange(size)) % rows)
        return self.predict(self._task.x[:_SMALLEST_PREDICTED])

    def _choose(self, batch: int, fresh: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Rows for one batch: `fresh` that were never trained on, the others any that were seen."""
        rows = self._random.integers(0, self._seen, batch)
        hard = round(batch * self._recipe.focus)
        if hard:
            sums = np.cumsum(self._losses[: self._seen])
            found = np.searchsorted(sums, self._random.random(hard) * sums[-1], side="right")
            rows[batch - hard :] = np.minimum(found, self._seen - 1)
        first = self._seen - self._waiting
        rows[:fresh] = np.arange(first, first + fresh)
        return rows

    def _step(self, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        x = self._normalize(self._task.x[rows])
        y = torch.from_numpy(self._labels[rows])
        losses = [
            trainer.step(augment(x, self._recipe, self._torch_random), y, self._seen)
            for trainer in self._trainers
        ]
        self._losses[rows] = torch.stack(losses).mean(dim=0).numpy()

    @torch.inference_mode()
    def _predict_batch(self, x: Inputs) -> Probabilities:
        count = len(x)
        size = max(_SMALLEST_PREDICTED, 1 << (count - 1).bit_length())
        batch = self._normalize(x[np.arange(size) % count])
        views = self._views(batch)
        logits = [trainer.logits(view)[:count] for view in views for trainer in self._trainers]
        mean = torch.stack(logits).double().softmax(dim=2).mean(dim=0)
        return (mean / mean.sum(dim=1, keepdim=True)).numpy()

    def _views(self, batch: Tensor) -> list[Tensor]:
        """The batch as it is, its mirror image if training has them, and mild random variations."""
        if batch.ndim != 4:
            return [batch]
        views = [batch, batch.flip(3)] if self._recipe.flips else [batch]
        generator = torch.Generator().manual_seed(self._task.seed)
        while len(views) < self._recipe.views:
            views.append(augment(batch, self._recipe, generator, self._recipe.view_strength))
        return views[: self._recipe.views]
