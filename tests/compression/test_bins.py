"""Gaussians in bins of equal mass: digits whose probabilities multiply to the bins'."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from codelength.compression import bins


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (0.3, 0.02), (-4.0, 0.5), (2.0, 3.0)])
def test_two_digits_cost_what_the_bin_has_mass(mean, deviation):
    edges = norm.ppf(np.arange(bins.DIGIT**2 + 1) / bins.DIGIT**2)
    z = (edges - mean) / deviation
    exact = np.where(z[:-1] > 0, norm.sf(z[:-1]) - norm.sf(z[1:]), norm.cdf(z[1:]) - norm.cdf(z[:-1]))
    likely = np.flatnonzero(exact > 1e-6)
    first, second = np.divmod(likely, bins.DIGIT)
    means, deviations = np.full(len(likely), mean), np.full(len(likely), deviation)
    bits = bins.first_digit(means, deviations).bits(first)
    bits += bins.second_digit(means, deviations, first).bits(second)
    np.testing.assert_allclose(bits, -np.log2(exact[likely]), atol=0.01)


def test_values_are_in_their_bins_and_in_order():
    first, second = np.divmod(np.arange(bins.DIGIT**2), bins.DIGIT)
    z = bins.values(first, second)
    assert (np.diff(z) > 0).all()
    np.testing.assert_array_equal(np.floor(norm.cdf(z) * bins.DIGIT**2), np.arange(bins.DIGIT**2))


def test_draws_through_a_stack_have_no_outliers():
    from codelength.entropy import Stack

    count = 50_000
    random = np.random.default_rng(0)
    mean, deviation = random.normal(0, 0.7, count), random.uniform(0.02, 0.5, count)
    stack = Stack(random.bytes(12 * count // 8 // 4 * 4 + 64), sealed=False)
    first = stack.pop(bins.first_digit(mean, deviation))
    second = stack.pop(bins.second_digit(mean, deviation, first))
    z = (bins.values(first, second) - mean) / deviation
    assert (np.abs(z) > 6).sum() <= 1
    assert abs(z.mean()) < 0.02
    assert abs(z.std() - 1) < 0.02
