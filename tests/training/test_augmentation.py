"""Augmentation: batches keep their shape, and the same generator gives the same pictures."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from codelength.training.augmentation import augment
from codelength.training.recipe import GRAY, PHOTO, Recipe

PICTURES = torch.rand((16, 3, 12, 10), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "recipe", [GRAY, PHOTO, Recipe(shift=0.1), Recipe(elastic=0.05), Recipe(cutout=0.3), Recipe(flips=True)]
)
def test_random_but_repeatable(recipe: Recipe) -> None:
    first, second, other = (
        augment(PICTURES, recipe, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert first.shape == PICTURES.shape
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert first.isfinite().all()


def test_nothing_agreed_changes_nothing() -> None:
    plain = Recipe()
    assert torch.equal(augment(PICTURES, plain, torch.Generator()), PICTURES)
    table = torch.rand(5, 7)
    assert augment(table, GRAY, torch.Generator()) is table


def test_no_strength_no_change() -> None:
    still = dataclasses.replace(GRAY, elastic=0.05)
    moved = augment(PICTURES, still, torch.Generator().manual_seed(0), strength=0.0)
    assert (moved - PICTURES).abs().max() < 1e-4


def test_a_shift_moves_by_whole_pixels() -> None:
    moved = augment(PICTURES, Recipe(shift=0.2), torch.Generator().manual_seed(0))
    for before, after in zip(PICTURES, moved, strict=True):
        windows = [
            torch.equal(after[:, 2:-2, 2:-2], before[:, 2 + down : 10 + down, 2 + right : 8 + right])
            for down in range(-2, 3)
            for right in range(-2, 3)
        ]
        assert any(windows)


def test_cutout_covers_a_square_with_the_mean() -> None:
    cut = augment(PICTURES + 1, Recipe(cutout=0.5), torch.Generator().manual_seed(0))
    assert ((cut == 0).sum(dim=(1, 2, 3)) == 3 * 5 * 5).all()


def test_pictures_stay_channels_last() -> None:
    x = PICTURES.contiguous(memory_format=torch.channels_last)
    for recipe in (GRAY, PHOTO):
        assert augment(x, recipe, torch.Generator()).is_contiguous(memory_format=torch.channels_last)
