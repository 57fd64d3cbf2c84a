"""The recipe: its bounds, and how its numbers follow the growing data set."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from codelength.errors import AgreementError
from codelength.training.recipe import GRAY, GRAY_CONTRAST, PHOTO, PRESETS, TABLE, Recipe, preset


@pytest.mark.parametrize(
    "absurd",
    [
        {"passes": 1e9},
        {"early": 0.0},
        {"smallest_batch": 0},
        {"largest_batch": 10**9},
        {"networks": 1000},
        {"views": 0},
        {"step": -1.0},
        {"averaged": 2.0},
        {"optimizer": "lbfgs"},
        {"optimizer": 3},
    ],
)
def test_absurd_numbers_are_refused(absurd: dict[str, object]) -> None:
    with pytest.raises(AgreementError, match=next(iter(absurd))):
        Recipe(**absurd)  # type: ignore[arg-type]


def test_presets_go_by_the_shape_alone() -> None:
    assert preset((13,)) is TABLE
    assert preset((1, 28, 28)) is GRAY
    assert preset((3, 32, 32)) is PHOTO


def test_agreed_recipes_stay_as_they_are() -> None:
    # a message names the use of a recipe and none of its numbers, so other numbers take another use; a new
    # field may be added to these names' digest once its default changes no training
    named = PRESETS | {"contrast": (GRAY_CONTRAST,)}
    agreed = {use: [dataclasses.astuple(recipe) for recipe in recipes] for use, recipes in named.items()}
    digest = hashlib.blake2b(repr(agreed).encode(), digest_size=8).hexdigest()
    assert digest == "59acdd6ff3e189fe"


def test_only_square_pictures_have_a_pretext() -> None:
    assert preset((3, 32, 32), "variational").pretext
    assert preset((1, 32, 24), "variational") == dataclasses.replace(
        preset((1, 24, 24), "variational"), pretext=0.0
    )


def test_batches_are_few_sizes_that_grow() -> None:
    sizes = [GRAY.batch_at(seen) for seen in range(1, 100_000, 97)]
    assert sizes == sorted(sizes)
    assert sizes[0] == GRAY.smallest_batch
    assert max(sizes) <= GRAY.largest_batch
    assert all(size % GRAY.smallest_batch == 0 for size in sizes)


@pytest.mark.parametrize("recipe", [TABLE, GRAY, PHOTO])
def test_passes_and_steps_fall_and_stay_within_what_is_agreed(recipe: Recipe) -> None:
    seen = range(1, 200_000, 1009)
    passes = [recipe.passes_at(n) for n in seen]
    scales = [recipe.step_scale_at(n) for n in seen]
    assert passes == sorted(passes, reverse=True)
    assert passes[0] == recipe.passes * recipe.early
    assert passes[-1] == pytest.approx(recipe.passes)
    assert scales == sorted(scales, reverse=True)
    assert 0 < scales[-1] <= scales[0] == 1
