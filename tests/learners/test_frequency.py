"""The Krichevsky-Trofimov estimator against its closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelength.agreement import pack, unpack
from codelength.learners.frequency import Frequency

from ..made import task_of


def closed_form(labels: list[int], classes: int) -> float:
    """- log2 of the product of (n_k + 1/2) / (n + K/2), by the gamma function."""
    log = math.lgamma(classes / 2) - math.lgamma(len(labels) + classes / 2)
    for k in range(classes):
        log += math.lgamma(labels.count(k) + 0.5) - math.lgamma(0.5)
    return -log / math.log(2)


def sequential_bits(labels: list[int], classes: int, ends: list[int]) -> float:
    predictor = Frequency().begin(task_of(np.empty((len(labels), 2)), classes))
    bits, start = 0.0, 0
    for end in ends:
        block = np.array(labels[start:end], dtype=np.int64)
        p = predictor.predict(np.empty((len(block), 2)))
        assert p.shape == (len(block), classes)
        assert p.dtype == np.float64
        bits -= np.log2(p[np.arange(len(block)), block]).sum()
        predictor.update(np.empty((len(block), 2)), block)
        start = end
    return bits


@given(st.integers(2, 12), st.data())
def test_one_label_a_block_is_the_closed_form(classes: int, data: st.DataObject) -> None:
    labels = data.draw(st.lists(st.integers(0, classes - 1), max_size=60))
    bits = sequential_bits(labels, classes, list(range(1, len(labels) + 1)))
    assert bits == pytest.approx(closed_form(labels, classes), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("n", "classes"), [(1797, 10), (60_000, 10), (20_000, 2), (30_000, 100)])
def test_growing_blocks_cost_under_a_bit(n: int, classes: int) -> None:
    shares = np.random.RandomState(1).dirichlet(np.ones(classes))
    labels = np.random.RandomState(0).choice(classes, n, p=shares).tolist()
    ends = list(Frequency().schedule(n, classes))
    assert abs(sequential_bits(labels, classes, ends) - closed_form(labels, classes)) < 1
    assert len(ends) < n


@given(st.integers(0, 5000), st.integers(1, 50))
def test_schedule_ends_at_n(n: int, classes: int) -> None:
    ends = list(Frequency().schedule(n, classes))
    assert all(a < b for a, b in zip([0, *ends], ends, strict=False))
    assert (ends[-1] if ends else 0) == n


def test_first_label_is_uniform_and_later_ones_follow_the_counts() -> None:
    x = np.zeros((4, 3))
    predictor = Frequency().begin(task_of(x, 3))
    assert predictor.predict(x[:1]).tolist() == [[1 / 3] * 3]
    predictor.update(x, np.array([0, 0, 2, 0]))
    assert predictor.predict(x[:2]).tolist() == [[3.5 / 5.5, 0.5 / 5.5, 1.5 / 5.5]] * 2


def test_travels_by_name() -> None:
    assert unpack(pack(Frequency())) == Frequency()
    assert Frequency().libraries == frozenset()
