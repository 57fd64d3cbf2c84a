import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codelength.order import Reordered, digest_inputs, digest_rows, visiting_order

arrays = st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), max_size=40).map(
    lambda rows: np.array(rows, dtype=np.uint8).reshape(-1, 2)
)


@given(arrays, st.integers(0, 2**32 - 1), st.randoms())
def test_the_same_inputs_are_visited_alike_in_whatever_order_they_are_held(x, seed, random):
    shuffled = np.array(random.sample(range(len(x)), len(x)), dtype=np.int64)
    rows, others = digest_rows(x), digest_rows(x[shuffled])
    np.testing.assert_array_equal(x[visiting_order(rows, seed)], x[shuffled][visiting_order(others, seed)])
    assert digest_inputs(x, rows, 16) == digest_inputs(x[shuffled], others, 16)


def test_every_row_is_visited_once_and_the_seed_decides():
    rows = digest_rows(np.arange(1000))
    orders = [visiting_order(rows, seed) for seed in (0, 1)]
    assert all(sorted(order) == list(range(1000)) for order in orders)
    assert not np.array_equal(*orders)


def test_equal_rows_are_shuffled_too():
    order = visiting_order(digest_rows(np.zeros((1000, 2))), 0)
    assert abs(np.corrcoef(order, np.arange(1000))[0, 1]) < 0.15


def test_dtype_shape_and_every_value_change_the_digest():
    x = np.arange(12, dtype=np.int32).reshape(4, 3)
    changed = x.copy()
    changed[3, 2] += 1
    several = [x, changed, x.astype(np.int64), x.reshape(4, 3, 1), x[:3], np.r_[x, x[:1]]]
    assert len({digest_inputs(v, digest_rows(v), 16) for v in several}) == len(several)


def test_reordered_rows_are_those_of_the_array_in_that_order():
    x = np.arange(24, dtype=np.uint8).reshape(6, 4)
    order = np.array([3, 0, 5, 1, 4, 2])
    rows = Reordered(x, order)
    assert (len(rows), rows.shape, rows.dtype, rows.ndim) == (6, (6, 4), x.dtype, 2)
    np.testing.assert_array_equal(rows[1:4], x[[0, 5, 1]])
    np.testing.assert_array_equal(rows[np.array([5, 5, 0])], x[[2, 2, 3]])
    np.testing.assert_array_equal(np.asarray(rows), x[order])


def test_rows_lie_in_memory_alike_however_the_array_does():
    x = np.arange(120.0).reshape(4, 5, 6)
    order = np.array([3, 1, 2, 0])
    for laid_out in (np.asfortranarray(x), x.transpose(2, 1, 0).copy().transpose(2, 1, 0)):
        some = Reordered(laid_out, order)[:3]
        np.testing.assert_array_equal(some, x[order[:3]])
        assert some.strides == x[:3].strides
