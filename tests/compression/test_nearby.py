"""A sample near a posterior: the same at both ends, about as dear as its divergence, and a sample indeed."""

from __future__ import annotations

import numpy as np
import pytest

from codelength.compression import nearby


def divergence(mean, deviation):
    return (0.5 * (deviation**2 + mean**2 - 1) - np.log(deviation)) / np.log(2)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_every_parameter_is_in_one_block_of_its_tensor(size):
    sizes = np.array([size, 0, 50])
    found = nearby.blocks(sizes, np.array([0.5, 1.0, 3.0]), seed=0)
    np.testing.assert_array_equal(np.sort(np.concatenate(found)), np.arange(size + 50))
    assert all((block < size).all() or (block >= size).all() for block in found)
    assert max(len(block) for block in found if block[0] >= size) <= nearby.BUDGET / 3.0


def test_it_costs_the_divergence_and_a_few_bits_a_block(told):
    random = np.random.default_rng(0)
    mean, deviation = random.normal(0, 0.5, 200), np.full(200, 0.7)
    kl = divergence(mean, deviation)
    places = nearby.blocks(np.array([200]), np.array([kl.mean()]), seed=0)
    z, bits = told(lambda channel: nearby.sent(channel, places, 200, 0, lambda: (mean, deviation, kl)))
    assert kl.sum() - 10 <= bits <= kl.sum() + 6 * len(places) + 20
    scores = (z - mean) / deviation
    assert abs(scores.mean()) < 0.25
    assert 0.8 < scores.std() < 1.2


def test_where_posterior_and_prior_are_one_it_costs_next_to_nothing(told):
    units = np.zeros(1000), np.ones(1000), np.zeros(1000)
    places = nearby.blocks(np.array([1000]), np.array([2.0**-8]), seed=0)
    _, bits = told(lambda channel: nearby.sent(channel, places, 1000, 0, lambda: units))
    assert len(places) == 1
    assert bits < 20


def test_blocks_that_are_alike_choose_apart(told):
    random = np.random.default_rng(1)
    mean = np.tile(random.normal(0, 0.5, 400), 2)
    deviation = np.full(800, 0.8)
    kl = divergence(mean, deviation)
    places = nearby.blocks(np.array([400, 400]), np.full(2, kl.mean()), seed=0)
    z, _ = told(lambda channel: nearby.sent(channel, places, 800, 0, lambda: (mean, deviation, kl)))
    first, second = ((z - mean) / deviation).reshape(2, 400)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.2


def test_no_parameters(told):
    nothing = np.zeros(0)
    z, bits = told(lambda channel: nearby.sent(channel, [], 0, 0, lambda: (nothing, nothing, nothing)))
    assert (len(z), bits) == (0, 0.0)
