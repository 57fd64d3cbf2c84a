"""Muon: torch's own in bfloat16, and the same thing in float32."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from codelength.training.muon import Muon, orthogonal


def matrices(*shapes: tuple[int, int]) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.nn.Parameter(torch.randn(shape, generator=generator)) for shape in shapes]


def test_in_bfloat16_its_bits_are_those_of_torch() -> None:
    shapes = (8, 30), (30, 8), (16, 16)
    ours, theirs = matrices(*shapes), matrices(*shapes)
    options = {"lr": 0.03, "momentum": 0.8, "weight_decay": 0.01}
    steppers = Muon(ours, precision=torch.bfloat16, **options), torch.optim.Muon(theirs, **options)
    for seed in range(3):
        for weights, stepper in zip((ours, theirs), steppers, strict=True):
            generator = torch.Generator().manual_seed(seed)
            for weight in weights:
                weight.grad = torch.randn(weight.shape, generator=generator)
            stepper.step()
        assert all(torch.equal(mine, other) for mine, other in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("shape", [(8, 30), (30, 8), (16, 16)])
def test_singular_values_come_near_one(shape: tuple[int, int]) -> None:
    values = torch.stack([torch.linalg.svdvals(orthogonal(m.detach())) for m in matrices(*[shape] * 50)])
    assert values.shape == (50, min(shape))
    assert values.max() < 1.25
    assert (values > 0.65).float().mean() > 0.98


def test_without_a_gradient_nothing_moves() -> None:
    (matrix,) = matrices((3, 4))
    before = matrix.detach().clone()
    Muon([matrix], 0.03, 0.8, 0.01, torch.float32).step()
    assert torch.equal(matrix, before)
