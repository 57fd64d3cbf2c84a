"""Whole numbers under laws that adapt: they come back, at the price that theory promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codelength.compression.adaptive import adaptive, around_zero, number, positive, signed
from codelength.entropy import KrichevskyTrofimov
from codelength.errors import InputError

EACH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.mark.parametrize("value", [0, 1, 2, 3, 1000, 2**24 - 1])
def test_a_number_costs_its_length_and_its_digits(told, value):
    back, bits = told(lambda channel: number(channel, lambda: value))
    assert back == value
    assert bits == pytest.approx(np.log2(25) + max(0, value.bit_length() - 1))


def test_a_number_too_large_is_refused(told):
    with pytest.raises(InputError, match="2\\^24"):
        told(lambda channel: number(channel, lambda: 2**24))


@EACH
@given(st.lists(st.integers(-300, 300), max_size=200))
def test_signed_numbers_come_back(told, values):
    whole = np.array(values, np.int64)
    back, _ = told(lambda channel: signed(channel, len(whole), lambda: whole))
    np.testing.assert_array_equal(back, whole)


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("draw", ["laplace", "normal"])
def test_signed_numbers_cost_about_their_entropy(told, draw, scale):
    random = np.random.default_rng(0)
    whole = np.rint(getattr(random, draw)(0, scale, 4000)).astype(np.int64)
    _, bits = told(lambda channel: signed(channel, len(whole), lambda: whole))
    counts = np.unique(whole, return_counts=True)[1] / len(whole)
    entropy = -len(whole) * (counts * np.log2(counts)).sum()
    assert bits <= 1.02 * entropy + 60


def test_a_mixture_costs_no_more_than_its_best_law_and_the_choice_of_it(told):
    random = np.random.default_rng(1)
    whole = np.rint(random.laplace(0, 3, 500)).astype(np.int64) + 40
    mixture = around_zero(40)
    laws = mixture._laws

    def one_by_one(channel):
        law = around_zero(40)
        return np.concatenate(
            [adaptive(channel, law, 1, lambda place=place: whole[place : place + 1]) for place in range(500)]
        )

    _, bits = told(one_by_one)
    best = (-np.log2(laws[:, whole])).sum(axis=1).min()
    assert best <= bits + 1e-6
    assert bits <= best + np.log2(len(laws))


def test_counts_one_by_one_cost_what_krichevsky_and_trofimov_say(told):
    from scipy.special import gammaln

    symbols = np.random.default_rng(2).integers(0, 3, 200)
    law_at = {}

    def one_by_one(channel):
        law = law_at.setdefault(id(channel), KrichevskyTrofimov(3))
        return np.concatenate(
            [adaptive(channel, law, 1, lambda i=i: symbols[i : i + 1]) for i in range(len(symbols))]
        )

    _, bits = told(one_by_one)
    counts = np.bincount(symbols, minlength=3)
    exact = gammaln(len(symbols) + 1.5) - gammaln(1.5) - (gammaln(counts + 0.5) - gammaln(0.5)).sum()
    assert bits == pytest.approx(exact / np.log(2))


def test_positive_numbers_come_back_within_a_thirtysecond_of_a_doubling(told):
    values = np.exp(np.random.default_rng(3).normal(0, 1.5, 100))
    back, bits = told(lambda channel: positive(channel, 100, lambda: values))
    assert np.abs(np.log2(back / values)).max() <= 1 / 32 + 1e-9
    assert bits == 800
