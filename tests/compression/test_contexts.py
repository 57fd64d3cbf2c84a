"""Matrices under laws of what stands beside: they come back, and neighbours that agree make them short."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.ndimage import gaussian_filter

from codelength.compression.contexts import filled, marked
from codelength.compression.layers import Layers
from codelength.compression.positions import runs

EACH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 30))
LAGS = st.sets(st.integers(1, 12), max_size=4).map(lambda lags: tuple(sorted(lags)))


@EACH
@given(arrays.arrays(np.int64, SHAPES, elements=st.integers(-1, 5)), LAGS)
def test_masks_and_symbols_come_back(told, matrix, lags):
    mask = matrix >= 0
    np.testing.assert_array_equal(
        told(lambda channel: marked(channel, mask.shape, lags, lambda: mask))[0], mask
    )
    symbols, _ = told(lambda channel: filled(channel, mask, lags, 6, lambda: matrix))
    np.testing.assert_array_equal(symbols, matrix)


def test_a_mask_without_structure_costs_its_entropy(told):
    mask = np.random.default_rng(0).random((64, 300)) < 0.1
    _, bits = told(lambda channel: marked(channel, mask.shape, (1, 2), lambda: mask))
    p = mask.mean()
    entropy = -mask.size * (p * np.log2(p) + (1 - p) * np.log2(1 - p))
    assert bits <= 1.03 * entropy + 100


def test_pictures_cost_less_by_the_pixels_above(told):
    noise = np.random.default_rng(0).normal(size=(40, 28, 28))
    pictures = gaussian_filter(noise, (0, 1.5, 1.5)).reshape(40, 784)
    values = np.digitize(pictures, np.quantile(pictures, [0.9, 0.95, 0.98])) - 1
    mask = values >= 0
    (lags,) = Layers(((40, 784),), (1, 28, 28)).lags
    assert lags == (1, 2, 27, 28, 29)
    _, marks = told(lambda channel: marked(channel, mask.shape, lags, lambda: mask))
    _, beside = told(lambda channel: marked(channel, mask.shape, lags[:2], lambda: mask))
    _, paper = told(lambda channel: runs(channel, mask.shape, lambda: mask))
    assert marks < 0.9 * beside < 0.9 * paper
    _, known = told(lambda channel: filled(channel, mask, lags, 3, lambda: values))
    _, alone = told(lambda channel: filled(channel, mask, (), 3, lambda: values))
    assert known < 0.9 * alone


def test_neighbours_are_those_of_a_kernel_or_of_a_picture():
    shapes = ((8, 3, 5, 5), (8,), (20, 48), (10, 20), (4, 1))
    assert Layers(shapes, (3, 4, 4)).lags == [(1, 2, 5, 25), (1, 2, 3, 4, 5), (1, 2), (), ()]
