"""The engine on CIFAR-10: useful floating-point work a second, and the cost of coding beside training.

    python benchmarks/engine.py --data-dir DIR [--labels 50000]

Operations are counted by torch (2 a multiply-add, forward and backward). Plain training is a bare loop
over the same network, optimizers, batches, steps and augmentation: no replay bookkeeping, no averaged
weights, no prediction, no coding. The whole run is `measure` with one network and the agreed recipe,
but for its pretext.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from provenance import parser, write

# isort: split
import numpy as np
import torch
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

import codelength as cl
from codelength import networks
from codelength.codes.online import OnlineCode
from codelength.learners.calibration import Calibrated
from codelength.learners.replay import Replay
from codelength.numerics import Numerics
from codelength.training.augmentation import augment
from codelength.training.inputs import Normalizer
from codelength.training.recipe import Recipe, preset
from codelength.training.trainer import Trainer, optimizers, seeded

NETWORK, MATRIX, REPEATS, BATCH = "vgg-small", 4096, 10, 256


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def rate(network: str, x: np.ndarray, recipe: Recipe, numerics: Numerics) -> dict[str, object]:
    """Useful operations a second of a training step, beside those of a matrix product, in turn."""
    normalize = Normalizer(x)
    with seeded(0):
        trainer = Trainer(networks.build(network, normalize.shape, 10), recipe, numerics, 0)
    generator, y = torch.Generator().manual_seed(0), torch.arange(BATCH) % 10
    precision: torch.dtype = getattr(torch, numerics.precision)
    one, two = (torch.randn(MATRIX, MATRIX, dtype=precision) for _ in range(2))

    def step() -> None:
        trainer.step(augment(normalize(x[:BATCH]), recipe, generator), y, 1.0)

    def product() -> None:
        one @ two

    def augmenting() -> None:
        augment(normalize(x[:BATCH]), recipe, generator)

    step()
    with FlopCounterMode(display=False) as counted:
        logits = trainer.network(normalize(x[:BATCH]))
        cross_entropy(logits, y).backward()
    operations = counted.get_total_flops()
    times = {work: [] for work in (step, product, augmenting)}
    for _ in range(REPEATS):
        for work, taken in times.items():
            taken.append(seconds(work))
    stepping, multiplying, varying = (float(np.median(taken)) for taken in times.values())
    achieved, peak = operations / stepping / 1e9, 2 * MATRIX**3 / multiplying / 1e9
    return {
        "what": "rate of training",
        "network": network,
        "batch": BATCH,
        "operations_a_sample": operations // BATCH,
        "step_milliseconds": round(1000 * stepping, 1),
        "augmentation_share": round(varying / stepping, 3),
        "gflops": round(achieved),
        "matrix_product_gflops": round(peak),
        "ratio": round(achieved / peak, 3),
    }


def plain(
    network: str, x: np.ndarray, y: np.ndarray, learner: Replay, recipe: Recipe, numerics: Numerics
) -> int:
    """Bare training with as many examples, in batches of the same sizes, as the online run takes."""
    normalize, generator = Normalizer(x), torch.Generator().manual_seed(0)
    with seeded(0):
        net = networks.build(network, normalize.shape, 10).to(memory_format=torch.channels_last).train()
    networks.show(net, normalize(x[:2048]))
    steppers, matrices = optimizers(net, recipe, getattr(torch, numerics.precision))
    random, start, owed, examples = np.random.default_rng(0), 0, 0.0, 0
    for end in learner.schedule(len(x), 10):
        owed += (end - start) * recipe.passes_at(end)
        start, batch = end, recipe.batch_at(end)
        while owed >= batch:
            rows = random.integers(0, end, batch)
            with torch.autocast("cpu", torch.bfloat16, enabled=numerics.precision == "bfloat16"):
                logits = net(augment(normalize(x[rows]), recipe, generator)).float()
            net.zero_grad()
            cross_entropy(logits, torch.from_numpy(y[rows])).backward()
            for flat, weight in matrices:
                flat.grad = weight.grad.permute(0, 2, 3, 1).reshape(flat.shape)
            for stepper in steppers:
                stepper.step()
            owed, examples = owed - batch, examples + batch
    return examples


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--labels", type=int, default=50_000)
    given = arguments.parse_args()
    data = cl.load("cifar10", given.data_dir)
    x, y = data.x[: given.labels], data.y[: given.labels]
    recipe = dataclasses.replace(preset((3, 32, 32)), pretext=0.0)  # which bare training does not have
    learner = Replay(NETWORK, recipe)
    numerics = Numerics.here(learner.libraries)
    with numerics.enforced(learner.libraries):
        rows = [rate(NETWORK, x, recipe, numerics)]
        print(rows[-1], flush=True)
        started = time.perf_counter()
        examples = plain(NETWORK, x, y, learner, recipe, numerics)
        training = time.perf_counter() - started
    print(f"plain training: {training:.0f} s", flush=True)
    started = time.perf_counter()
    measured = OnlineCode(Calibrated(learner)).measure(x, y, classes=data.classes)
    whole = time.perf_counter() - started
    rows.append(
        {
            "what": "whole online run over plain training",
            "network": NETWORK,
            "labels": len(x),
            "examples": examples,
            "plain_seconds": round(training, 1),
            "online_seconds": round(whole, 1),
            "ratio": round(whole / training, 3),
            "ideal_kbits": round(measured.kbits, 3),
        }
    )
    print(rows[-1])
    write("engine", rows)


if __name__ == "__main__":
    main()
