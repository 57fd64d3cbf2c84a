"""Where a matrix has its weights: masks come back, and structure makes them short."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from codelength.compression.positions import densities, runs

EACH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
MASKS = arrays.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12).map(lambda c: 9 * c)))


@EACH
@given(MASKS)
def test_masks_come_back(told, mask):
    for conversation in (
        lambda channel: runs(channel, mask.shape, lambda: mask),
        lambda channel: densities(channel, mask.shape, 9, lambda: mask),
        lambda channel: densities(channel, mask.shape, 1, lambda: mask),
    ):
        np.testing.assert_array_equal(told(conversation)[0], mask)


def test_long_runs_come_back(told):
    mask = np.zeros((3, 5000), bool)
    mask[0, 254] = mask[0, 255] = mask[1, 511] = mask[2, 4999] = True
    np.testing.assert_array_equal(told(lambda channel: runs(channel, mask.shape, lambda: mask))[0], mask)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_a_mask_without_structure_costs_its_entropy(told, share):
    mask = np.random.default_rng(0).random((64, 288)) < share
    _, bits = told(lambda channel: densities(channel, mask.shape, 9, lambda: mask))
    p = mask.mean()
    entropy = -mask.size * (p * np.log2(p) + (1 - p) * np.log2(1 - p))
    assert bits <= 1.03 * entropy + 100


def test_channels_and_filters_that_are_pruned_together_cost_less(told):
    random = np.random.default_rng(1)
    odds = np.exp(random.normal(0, 1.2, (64, 1, 1)) + random.normal(0, 1.2, (1, 32, 1)) - 2.5)
    mask = (random.random((64, 32, 9)) < odds / (1 + odds)).reshape(64, 288)
    _, adapted = told(lambda channel: densities(channel, mask.shape, 9, lambda: mask))
    _, paper = told(lambda channel: runs(channel, mask.shape, lambda: mask))
    assert adapted < 0.9 * paper
