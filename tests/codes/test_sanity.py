"""What no code can do: compress labels at random, or learn from inputs that have nothing to do with them."""

from __future__ import annotations

import numpy as np
import pytest

from codelength.codes.catalogue import CODES
from codelength.data.dataset import DataSet
from codelength.results.experiment import Experiment

from ..made import sample

LUCK = 10  # bits: saved on labels at random once in a thousand times, whatever the code


def measured(code, x, y):
    experiment = Experiment(DataSet("made", x, y, classes=np.arange(3)), code)
    return experiment.measure()


@pytest.mark.parametrize("code", CODES)
def test_labels_at_random_are_not_compressed(code):
    x = np.random.default_rng(4).normal(size=(150, 60)).astype(np.float32)  # enough to know every label by
    y = np.random.default_rng(5).integers(0, 3, 150)
    found = measured(code, x, y)
    assert found.ideal_bits > found.n * np.log2(3) - LUCK


@pytest.mark.parametrize("code", ["online", "online:refit"])
def test_inputs_at_random_are_worth_nothing(code):
    x, y = sample(150)
    y = np.where(np.arange(150) % 4, 0, y)  # labels that are not all alike frequent
    x = np.random.default_rng(6).permutation(x)
    assert measured(code, x, y).ideal_bits > measured("frequency", x, y).ideal_bits - LUCK


@pytest.mark.parametrize("code", ["frequency", "online", "online:refit"])
def test_a_constant_label_costs_next_to_nothing(code):
    x, _ = sample(150)
    assert measured(code, x, np.ones(150, np.int64)).ideal_bits < 30
