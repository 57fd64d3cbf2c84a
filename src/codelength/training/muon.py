"""Muon: a step along the nearest orthogonal matrix, in the precision that the machine is fast in.

Source: K. Jordan et al., Muon: an optimizer for hidden layers in neural networks (2024). Where the precision
is bfloat16 the bits are those of `torch.optim.Muon`, which has no other: on a CPU without bfloat16 products
its step took 22 times as long as one in float32.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic that drives singular values towards one
_ITERATIONS = 5
_LEAST_NORM = 1e-7


class Muon(Optimizer):
    """For matrices (rows, columns) alone; Nesterov's momentum, weight decay apart from the gradient."""

    def __init__(
        self,
        matrices: Iterable[Tensor],
        lr: float,
        momentum: float,
        weight_decay: float,
        precision: torch.dtype,
    ) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self._precision = precision

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step on the gradients that there are."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(weight.grad)
                momentum = group["momentum"]
                moving = state["momentum_buffer"].lerp_(weight.grad, 1 - momentum)
                update = orthogonal(weight.grad.lerp(moving, momentum).to(self._precision))
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(update, alpha=-group["lr"] * math.sqrt(max(1, len(weight) / weight.shape[1])))


def orthogonal(matrix: Tensor) -> Tensor:
    """About the nearest orthogonal matrix, by Newton and Schulz: most singular values from 0.7 to 1.2."""
    a, b, c = _COEFFICIENTS
    tall = len(matrix) > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / x.norm().clamp(min=_LEAST_NORM)
    for _ in range(_ITERATIONS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x
