"""Parameters as matrices, and back."""

from __future__ import annotations

import numpy as np
import pytest

from codelength.compression.compression import size_of, split
from codelength.compression.layers import Layers

SHAPES = ((8, 3, 5, 5), (8,), (16, 8), (16,), (), (4, 2, 3))


@pytest.mark.parametrize("shapes", [SHAPES, SHAPES[:1], SHAPES[1:2], ()])
def test_every_parameter_is_in_one_layer(shapes):
    layers = Layers(shapes)
    theta = np.arange(size_of(shapes), dtype=np.int64)
    np.testing.assert_array_equal(layers.flat(layers.of(theta), np.int64), theta)
    assert [layer.shape for layer in layers.of(theta)] == layers.shapes


def test_matrices_are_filters_by_inputs_and_vectors_one_row():
    layers = Layers(SHAPES)
    assert layers.shapes == [(8, 75), (16, 8), (4, 6), (1, 25)]
    assert layers.areas == [25, 1, 3, 1]
    assert layers.vectors == 3


def test_split_is_by_the_shapes():
    theta = np.arange(size_of(SHAPES), dtype=np.float32)
    parts = split(theta, SHAPES)
    assert [part.shape for part in parts] == list(SHAPES)
    np.testing.assert_array_equal(np.concatenate([part.ravel() for part in parts]), theta)
    assert split(theta[:0], ()) == []
