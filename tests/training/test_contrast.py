"""Contrast: each picture is to be told from the others, by its other variation, and from inputs alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

import codelength as cl
from codelength.training.augmentation import augment
from codelength.training.contrast import Similarities, contrast
from codelength.training.inputs import Normalizer

from ..made import task_of

RECIPE = cl.Recipe(passes=40.0, early=1.0, smallest_batch=64, shift=0.13, rotation=15.0)


def test_similarities_are_cosines_over_the_temperature_but_of_none_with_itself():
    x = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    module = Similarities(nn.Flatten())
    unit = x / x.norm(dim=1, keepdim=True)
    torch.testing.assert_close(module.eval()(x), unit)
    logits = module.train()(x)
    assert (logits.diagonal() == -torch.inf).all()
    between = ~torch.eye(6, dtype=torch.bool)
    torch.testing.assert_close(logits[between], (unit @ unit.T / 0.2)[between])


def test_a_picture_is_found_by_its_variation():
    x = load_digits().images[:200].astype(np.uint8)
    normalize = Normalizer(x)

    def found(training):
        """How often the nearest picture to a variation of one is that one."""
        member = training.member
        member.settle()
        varied = augment(normalize(x), RECIPE, torch.Generator().manual_seed(1))
        return (member.trainer.logits(varied) @ member.outputs(x).T).argmax(dim=1).numpy() == np.arange(200)

    fresh, trained = (contrast("lenet-slim", RECIPE, task_of(x), normalize, seed) for seed in (0, 0))
    while trained.learn_on():
        pass
    assert found(trained).mean() > found(fresh).mean() + 0.1


def test_a_table_cannot_be_varied():
    x = np.zeros((5, 7), np.float32)
    with pytest.raises(cl.InputError, match="only pictures"):
        contrast("mlp", RECIPE, task_of(x), Normalizer(x), 0)
