"""The spread learner at work: a graph of the inputs, and what its nodes have of each label."""

from __future__ import annotations

import functools
import typing

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from codelength.checkpoint import State, nested, part
from codelength.learners.learner import learn_on, uniform, work
from codelength.learners.past import Past
from codelength.learners.spread import Spread
from codelength.task import Inputs, Labels, Probabilities, Task
from codelength.training.contrast import contrast
from codelength.training.course import Training
from codelength.training.inputs import Normalizer
from codelength.training.recipe import GRAY_CONTRAST, kind

_ROUNDS = 50  # in which labels are handed on
_SHARPNESS = 4.0  # of weights: e^-4 at the usual distance
_LEAST = 1e-12  # squared distance that neighbours are at in the mean, where inputs are all alike
_CELLS = 2**23  # distances at once


class Spreading:
    """Predicts inputs by their neighbours in the graph: see `codelength.learners.spread.Spread`."""

    def __init__(self, spread: Spread, task: Task) -> None:
        self._spread = spread
        self._task = task
        self._normalize = Normalizer(task.x)
        network = spread.network or agreed(self._normalize.shape)
        self._training: Training | None = None  # of the network that pictures are near to each other by
        if network is not None:
            recipe = spread.recipe or GRAY_CONTRAST
            self._training = contrast(network, recipe, task, self._normalize, 1000 * task.seed)
        self._past = Past(len(task.x))
        self._scores: Tensor | None = None  # of the labels so far

    def predict(self, x: Inputs) -> Probabilities:
        """Probabilities (m, classes), float64; uniform before the first label."""
        if not self._past.seen:
            return uniform(len(x), self._task.classes)
        known = self._past.known[: self._spread.reach]
        counts = torch.from_numpy(np.bincount(known, minlength=self._task.classes))
        if self._scores is None:  # those of each class add up to as many as were seen
            scores = self._graph.spread(torch.from_numpy(known), self._task.classes, self._spread.keep)
            self._scores = scores / scores.sum(dim=0).clamp(min=torch.finfo(scores.dtype).tiny) * counts
        p = self._graph.interpolate(self._embed(x), self._scores).double().numpy()
        p /= np.maximum(p.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        p = len(known) * p + 1
        return typing.cast(Probabilities, p / p.sum(axis=1, keepdims=True))

    def update(self, x: Inputs, y: Labels) -> None:
        """Takes the labels (m,) of the next m inputs of the task."""
        while self.learn_on():
            pass
        if self._past.seen < self._spread.reach:
            self._scores = None
        self._past.add(y)

    def learn_on(self) -> bool:
        """A slice of the network's training, before the first label."""
        return learn_on(self._training)

    def work(self) -> tuple[float, float]:
        """That of the network's training."""
        return work(self._training)

    def state(self) -> State:
        """The labels so far, and the network."""
        return self._past.state() | (nested("network", self._training.state()) if self._training else {})

    def restore(self, state: State) -> None:
        """The inverse of `state`."""
        self._past.restore(state)
        if self._training is not None:
            self._training.restore(part("network", state))

    def rehearse(self) -> Probabilities:
        """What a slice of the training and made-up labels predict; not to be trained on after."""
        self.learn_on()
        self._past.add(np.arange(len(self._task.x)) % self._task.classes)
        return self.predict(self._task.x[:])

    @functools.cached_property
    def _graph(self) -> Graph:
        if self._training is not None:
            self._training.member.settle()
        return Graph(self._embed(self._task.x[: self._spread.reach]), self._spread.neighbours)

    def _embed(self, x: Inputs) -> Tensor:
        """Inputs (m, ...) as points (m, d)."""
        if self._training is None:
            return self._normalize(x).flatten(1)
        return self._training.member.outputs(x)


class Graph:
    """Points (n, d), each joined to the `neighbours` others that are nearest to it."""

    def __init__(self, points: Tensor, neighbours: int) -> None:
        self._points = points
        self._neighbours = min(neighbours, len(points))
        self._scale = torch.ones(())
        near, squares = self._nearest(points, min(neighbours, len(points) - 1), torch.arange(len(points)))
        if squares.numel():
            self._scale = squares.mean().clamp(min=_LEAST)
        self._joined = near, self._weights(squares)

    def spread(self, labels: Tensor, classes: int, keep: float) -> Tensor:
        """Scores F (n, classes) once the labels Y of the first nodes were handed on.

        F = keep W F + (1 - keep) Y, some rounds of it, where rows of W weigh a node's neighbours.
        """
        own = torch.zeros(len(self._points), classes)
        own[torch.arange(len(labels)), labels] = 1 - keep
        scores = own
        for _ in range(_ROUNDS):
            scores = own + keep * _means(scores, *self._joined)
        return scores

    def interpolate(self, points: Tensor, scores: Tensor) -> Tensor:
        """Scores (m, classes) of other points (m, d): the mean of those of the nodes nearest to each."""
        near, squares = self._nearest(points, self._neighbours)
        return _means(scores, near, self._weights(squares))

    def _weights(self, squares: Tensor) -> Tensor:
        """Of neighbours at these squared distances (m, k): e^-4 at their mean over all nodes."""
        return torch.softmax(squares * (-_SHARPNESS / self._scale), dim=1)

    def _nearest(self, points: Tensor, count: int, but: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The nodes (m, count) nearest to each point, and how near in squares; not the node `but` (m,)."""
        nodes, rows = self._points, max(1, _CELLS // max(1, len(self._points)))
        near, squares = [torch.empty(0, count, dtype=torch.int64)], [torch.empty(0, count)]
        for start in range(0, len(points), rows):
            some = points[start : start + rows]
            lengths = some.square().sum(dim=1)[:, None] + nodes.square().sum(dim=1)
            distances = (lengths - 2 * some @ nodes.T).clamp(min=0.0)
            if but is not None:
                distances[torch.arange(len(some)), but[start : start + rows]] = torch.inf
            found = distances.topk(count, largest=False)
            near.append(found.indices)
            squares.append(found.values)
        return torch.cat(near), torch.cat(squares)


def _means(scores: Tensor, near: Tensor, weights: Tensor) -> Tensor:
    """The weighted mean (m, classes) of the scores of nodes (m, k); nothing where a node is alone."""
    if not near.numel():
        return scores.new_zeros(len(near), scores.shape[1])
    return embedding_bag(near, scores, mode="sum", per_sample_weights=weights)


def agreed(shape: tuple[int, ...]) -> str | None:
    """The network that tells inputs of this shape apart, if one is agreed."""
    return "lenet-5-bn" if kind(shape) == 1 and min(shape[1:]) >= 16 else None
