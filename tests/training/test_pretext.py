"""What is learned before the first label: from the inputs alone, alike at both ends."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import codelength as cl
from codelength.networks import build
from codelength.training.member import transplanted
from codelength.training.pretext import Turned
from codelength.training.recipe import PHOTO, PRICED

QUICK = dataclasses.replace(PRICED, passes=3.0, pretext=1.0)


@pytest.mark.parametrize("shape", [(5, 4, 4), (5, 3, 4, 4), (5, 4, 4, 3)])
def test_each_picture_is_shown_in_four_directions(shape):
    x = np.arange(np.prod(shape)).reshape(shape)
    channels_last = shape[-1] == 3
    turned = Turned(x, channels_last)
    assert turned.shape == (20, *shape[1:])
    assert turned.labels.tolist() == [0, 1, 2, 3] * 5
    axes = (0, 1) if channels_last or len(shape) == 3 else (1, 2)
    rows = np.array([7, 0, 18])
    expected = [np.rot90(x[row // 4], row % 4, axes=axes) for row in rows]
    np.testing.assert_array_equal(turned[rows], expected)
    np.testing.assert_array_equal(turned[5:7], [turned[[5]][0], turned[[6]][0]])


def test_only_square_pictures_can_be_turned():
    for x in (np.zeros((5, 4, 6)), np.zeros((5, 16))):
        with pytest.raises(cl.InputError, match="square"):
            Turned(x, channels_last=False)


@pytest.mark.parametrize("classes", [4, 10])
def test_all_but_the_last_layer_is_taken_over(classes):
    torch.manual_seed(0)
    learned, fresh = build("lenet-slim", (1, 8, 8), 4), build("lenet-slim", (1, 8, 8), classes)
    head = [p.clone() for p in list(fresh.parameters())[-2:]]
    taken = list(transplanted(learned, fresh).parameters())
    for mine, theirs in zip(taken[:-2], list(learned.parameters())[:-2], strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=0)
    for mine, before in zip(taken[-2:], head, strict=True):
        torch.testing.assert_close(mine, before, rtol=0, atol=0)


class HeadFirst(torch.nn.Module):
    """As a user may write it: the last layer is the first attribute, and not every weight is a matrix."""

    def __init__(self, shape, classes):
        super().__init__()
        self.head = torch.nn.Linear(12, classes)
        self.between = torch.nn.Conv1d(4, 4, 3, padding=1)
        self.body = torch.nn.Linear(math.prod(shape), 12)

    def forward(self, x):
        return self.head(self.between(self.body(x.flatten(1)).reshape(-1, 4, 3)).flatten(1))


cl.register("head-first", HeadFirst)


def test_networks_of_any_layout_are_trained_as_photographs_are():
    digits = load_digits()
    x = np.repeat(digits.images[:60, None].astype(np.uint8), 3, axis=1)
    recipe = dataclasses.replace(PHOTO, passes=1.0, pretext=1.0, finish=0.0, views=1)
    learner = cl.Replay("head-first", recipe)
    measured = cl.OnlineCode(learner).measure(x, digits.target[:60], classes=range(10))
    assert np.isfinite(measured.ideal_bits)


def test_both_ends_learn_the_same_before_the_first_label():
    digits = load_digits()
    x, y = digits.images[:150].astype(np.uint8), digits.target[:150]
    code = cl.TwoPartCode("lenet-slim", cl.Subspace(coordinates=50), QUICK)
    message = code.encode(x, y, classes=range(10))
    np.testing.assert_array_equal(cl.decode(bytes(message), x), y)
    plain = cl.TwoPartCode("lenet-slim", cl.Subspace(coordinates=50), dataclasses.replace(QUICK, pretext=0.0))
    assert message.ideal_bits != plain.measure(x, y, classes=range(10)).ideal_bits


@pytest.mark.parametrize("learner", [cl.Replay, cl.Retrain])
def test_learners_begin_where_it_ends(learner):
    digits = load_digits()
    x, y = digits.images[:80].astype(np.uint8), digits.target[:80]
    recipe = cl.Recipe(passes=1.0, early=1.0, pretext=1.0)
    code = cl.OnlineCode(learner("lenet-slim", recipe))
    message = code.encode(x, y, classes=range(10))
    np.testing.assert_array_equal(cl.decode(bytes(message), x), y)
    fresh = cl.OnlineCode(learner("lenet-slim", dataclasses.replace(recipe, pretext=0.0)))
    assert message.ideal_bits != fresh.measure(x, y, classes=range(10)).ideal_bits
