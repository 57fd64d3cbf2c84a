"""Normalizing: shapes, exact statistics, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from codelength.errors import InputError
from codelength.training.inputs import Normalizer

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((50, 7), (7,)),
        ((50, 8, 9), (1, 8, 9)),
        ((50, 3, 8, 9), (3, 8, 9)),
        ((50, 8, 9, 3), (3, 8, 9)),
        ((50, 8, 9, 1), (1, 8, 9)),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float32, np.float64])
def test_mean_zero_and_deviation_one(
    shape: tuple[int, ...], expected: tuple[int, ...], dtype: type[np.generic]
) -> None:
    x = RNG.integers(0, 256, shape).astype(dtype)
    normalize = Normalizer(x)
    batch = normalize(x)
    axes = (0,) if len(shape) == 2 else (0, 2, 3)
    assert normalize.shape == expected
    assert batch.shape == (50, *expected)
    assert batch.dtype == torch.float32
    assert batch.mean(dim=axes).abs().max() < 1e-5
    assert (batch.std(dim=axes, correction=0) - 1).abs().max() < 1e-5


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint64])
def test_large_integers_do_not_overflow(dtype: type[np.generic]) -> None:
    batch = Normalizer(x := RNG.integers(0, 2**31 - 1, (1000, 3)).astype(dtype))(x)
    assert (batch.std(dim=0, correction=0) - 1).abs().max() < 1e-5
    assert batch.mean(dim=0).abs().max() < 1e-5


def test_rows_and_their_order_do_not_change_integer_statistics() -> None:
    x = RNG.integers(0, 256, (3000, 4, 4)).astype(np.uint8)
    assert torch.equal(Normalizer(x)(x[:9]), Normalizer(x[::-1])(x[:9]))


def test_constant_features_become_zero() -> None:
    x = np.column_stack((np.full(20, 0.1), np.arange(20.0), np.zeros(20)))
    batch = Normalizer(x)(x)
    assert batch.isfinite().all()
    assert batch[:, [0, 2]].abs().max() < 1e-6


def test_channels_last_pictures_are_the_same_pictures() -> None:
    x = RNG.integers(0, 256, (10, 3, 8, 8)).astype(np.uint8)
    turned = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    assert torch.equal(Normalizer(x)(x), Normalizer(turned)(turned))


@pytest.mark.parametrize(
    "x",
    [
        np.zeros(5),
        np.zeros((5, 0)),
        np.zeros((2, 2, 2, 2, 2)),
        np.array([["a"], ["b"]]),
        np.array([[1.0], [np.nan]]),
    ],
)
def test_what_is_no_picture_and_no_table_of_numbers_is_refused(x: np.ndarray) -> None:
    with pytest.raises(InputError):
        Normalizer(x)
