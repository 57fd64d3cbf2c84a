"""What Deep Compression keeps, and what its weights share."""

from __future__ import annotations

import numpy as np
import pytest

import codelength as cl
from codelength.channel import Counter
from codelength.compression.deep import CODINGS, DeepCompression, clustered, pruned, sent
from codelength.compression.layers import Layers


def test_the_largest_beside_their_layers_deviation_are_kept():
    random = np.random.default_rng(0)
    layers = [random.normal(0, scale, (40, 50)).astype(np.float32) for scale in (0.01, 3.0)]
    layers.append(np.zeros((1, 7), np.float32))
    masks = pruned(layers, 0.1, vectors=2)
    assert masks[2].all()
    assert sum(mask.sum() for mask in masks[:2]) == pytest.approx(400, abs=2)
    for layer, mask in zip(layers[:2], masks, strict=False):
        assert 0.05 < mask.mean() < 0.2  # neither scale is favoured
        assert np.abs(layer[mask]).min() >= np.abs(layer[~mask]).max()


def test_each_weight_gets_the_value_nearest_to_it():
    layer = np.array([[0.9, 1.1, 0.0, -2.0], [1.0, 0.0, -2.2, -1.8]], np.float32)
    values, indices = clustered(layer, layer != 0, 2)
    np.testing.assert_allclose(values, [-2.0, 1.0], rtol=1e-6)
    np.testing.assert_array_equal(indices, [[2, 2, 0, 1], [2, 0, 1, 1]])
    assert len(clustered(layer, layer != 0, 100)[0]) == 6  # no more values than weights


def test_absurd_agreements_are_refused():
    for wrong in ({"coding": "zip"}, {"kept": 0.0}, {"values": 0}, {"rounds": 99}):
        with pytest.raises(cl.AgreementError):
            DeepCompression(**wrong)


@pytest.mark.parametrize("coding", CODINGS)
def test_more_shared_values_than_can_be_agreed_are_refused(coding):
    layers = Layers([(4, 100)])
    forged = [(np.zeros(300, np.float32), np.ones((4, 100), np.int64))]
    with pytest.raises(cl.MessageError, match="300 shared values"):
        sent(Counter(np.zeros(0, np.int64)), layers, coding, lambda: forged)
