"""Beside preqtorch 0.2.0: speed at the same work, bits in the same time; in turn, in one run.

    pip install preqtorch==0.2.0
    python benchmarks/beside_preqtorch.py [mnist|cifar10] --data-dir DIR

Speed: the same network, passes, batch and optimizer, no augmentation. Bits: each with its own best
settings in about the same time: ours is the agreed recipe without a pretext, `passes` cut to the time;
preqtorch's are the best of those tried below. Its first batch is counted as uniform, which is in its favour.
"""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from provenance import parser, write

# isort: split
import numpy as np
import preqtorch
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

import codelength as cl
from codelength import networks
from codelength.learners.calibration import Calibrated
from codelength.learners.replay import Replay
from codelength.training.inputs import Normalizer
from codelength.training.recipe import GRAY, PHOTO, Recipe

SETTINGS = ((32, 1e-3), (64, 1e-3), (64, 3e-3))  # batch, Adam's step
#: data: network, labels, agreed recipe, replays in the test of speed, seconds in the test of bits
CASES: dict[str, tuple[str, int, Recipe, int, float]] = {
    "mnist": ("lenet", 60_000, GRAY, 3, 60.0),
    "cifar10": ("vgg-small", 10_000, dataclasses.replace(PHOTO, pretext=0.0), 1, 100.0),
}


def theirs(
    network: str, x: torch.Tensor, y: torch.Tensor, batch: int, replays: int, step: float
) -> tuple[float, float]:
    """preqtorch's codelength in kbits, and its seconds."""

    class Whole(nn.Module):
        """A module that takes the whole batch, as preqtorch wants it."""

        def __init__(self) -> None:
            super().__init__()
            self.network = networks.build(network, tuple(x.shape[1:]), 10)
            networks.show(self.network, x[:2048])

        def forward(self, batch: Any) -> torch.Tensor:
            return self.network(batch[0])

    def bits(batch: Any, logits: torch.Tensor) -> torch.Tensor:
        return cross_entropy(logits, batch[1], reduction="none") / np.log(2)

    encoder = preqtorch.MIREncoder(preqtorch.ModelClass(Whole, "cpu", init_func=lambda module: module))
    loader = DataLoader(TensorDataset(x, y), batch_size=batch, shuffle=True)
    started = time.perf_counter()
    result = encoder.encode(loader, "x", n_replay_samples=replays, loss_fn=bits, learning_rate=step, seed=0)
    seconds = time.perf_counter() - started
    return (sum(result.history[1:]) + batch * np.log2(10)) / 1000, seconds


def ours(network: str, x: np.ndarray, y: np.ndarray, recipe: Recipe) -> tuple[float, float]:
    """Our codelength in kbits, and its seconds."""
    code = cl.OnlineCode(Calibrated(Replay(network, recipe)))
    started = time.perf_counter()
    measured = code.measure(x, y, classes=range(10))
    return measured.kbits, time.perf_counter() - started


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("data", nargs="*", default=sorted(CASES), help="mnist, cifar10 or both")
    given = arguments.parse_args()
    for name in given.data:
        network, count, recipe, replays, budget = CASES[name]
        rows: list[dict[str, object]] = []
        data = cl.load(name, given.data_dir)
        x, y = data.x[:count], np.asarray(data.y[:count])
        normalize = Normalizer(x)
        inputs, labels = normalize(x).contiguous(), torch.from_numpy(y)
        batch = 64
        bare = Recipe(
            passes=replays + 1.0, early=1.0, smallest_batch=batch, largest_batch=batch, optimizer="adamw",
            step=1e-3, bias_step=1e-3, falls_as=0.0,
        )  # fmt: skip
        ours_kbits, ours_seconds = ours(network, x, y, bare)
        theirs_kbits, theirs_seconds = theirs(network, inputs, labels, batch, replays, 1e-3)
        rows.append(
            {
                "what": "speed at the same work",
                "data": name,
                "network": network,
                "labels": count,
                "batch": batch,
                "passes": replays + 1,
                "seconds": round(ours_seconds, 1),
                "preqtorch_seconds": round(theirs_seconds, 1),
                "times_faster": round(theirs_seconds / ours_seconds, 2),
                "ideal_kbits": round(ours_kbits, 3),
                "preqtorch_kbits": round(theirs_kbits, 3),
            }
        )
        print(rows[-1], flush=True)
        tried = []
        for size, step in SETTINGS:
            # seconds of a replay, from a short run: as many replays as the time allows
            head = slice(0, 20 * size)
            (_, one), (_, two) = (theirs(network, inputs[head], labels[head], size, r, step) for r in (1, 3))
            a_replay = (two - one) / 2 * count / (20 * size)
            affordable = max(1, round(1 + (budget - one * count / (20 * size)) / a_replay))
            kbits, seconds = theirs(network, inputs, labels, size, affordable, step)
            tried.append({"batch": size, "step": step, "replays": affordable, "kbits": round(kbits, 3),
                          "seconds": round(seconds, 1)})  # fmt: skip
            print(tried[-1], flush=True)
        best = min(tried, key=lambda run: run["kbits"])
        short, (_, took) = recipe, ours(network, x, y, dataclasses.replace(recipe, passes=1.0))
        short = dataclasses.replace(recipe, passes=round(best["seconds"] / took, 1))
        kbits, seconds = ours(network, x, y, short)
        rows.append(
            {
                "what": "bits in the same time",
                "data": name,
                "network": network,
                "labels": count,
                "ideal_kbits": round(kbits, 3),
                "seconds": round(seconds, 1),
                "passes": short.passes,
                "preqtorch_kbits": best["kbits"],
                "preqtorch_seconds": best["seconds"],
                "preqtorch_tried": tried,
                "ratio": round(kbits / best["kbits"], 3),
            }
        )
        print(rows[-1], flush=True)
        write(f"beside-preqtorch-{name}", rows)


if __name__ == "__main__":
    main()
