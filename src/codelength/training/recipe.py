"""How a network is trained on a growing data set: every number of it, agreed in advance."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated

from codelength.agreement import Agreement, Within, registered
from codelength.errors import AgreementError

OPTIMIZERS = ("sgd", "adamw", "muon")


@registered("recipe")
@dataclasses.dataclass(frozen=True)
class Recipe(Agreement):
    """Replays, batches, steps, averaging, augmentation, views. No network in it.

    Whatever changes while the data set grows is a function of the labels seen so far and never of
    how many there will be. Replay and averaged weights are after Bornschein, Li and Hutter (2023).
    Raises AgreementError when a number is out of bounds.
    """

    # Replays: `passes` a label on average, up to `early` times as many while labels are few; the
    # share `focus` of them in proportion to the loss that an example had when last trained on, once
    # labels are many (it grows as the step falls).
    passes: Annotated[float, Within(0.1, 100)] = 8.0
    early: Annotated[float, Within(1, 50)] = 8.0
    late_from: Annotated[float, Within(1, 1e6)] = 8000.0
    focus: Annotated[float, Within(0, 0.95)] = 0.0

    # Batches: one example for every `labels_per_example` labels seen, in powers of two.
    smallest_batch: Annotated[int, Within(8, 1024)] = 32
    largest_batch: Annotated[int, Within(8, 1024)] = 256
    labels_per_example: Annotated[float, Within(1, 1e4)] = 100.0

    # Steps: the optimizer and its step size, which falls as a power of the labels seen; label
    # smoothing falls with it.
    optimizer: str = "adamw"
    step: Annotated[float, Within(1e-6, 10)] = 3e-3
    bias_step: Annotated[float, Within(1e-6, 10)] = 3e-3
    momentum: Annotated[float, Within(0, 0.999)] = 0.9
    weight_decay: Annotated[float, Within(0, 10)] = 0.01
    falls_from: Annotated[float, Within(1, 1e6)] = 4000.0
    falls_as: Annotated[float, Within(0, 2)] = 0.5
    label_smoothing: Annotated[float, Within(0, 0.5)] = 0.0

    # Averaged weights: over this share of all steps so far.
    averaged: Annotated[float, Within(0, 1)] = 0.1

    # Augmentation: shift, scale and shear as shares of the picture's size, rotation in degrees.
    shift: Annotated[float, Within(0, 0.5)] = 0.0
    rotation: Annotated[float, Within(0, 180)] = 0.0
    scale: Annotated[float, Within(0, 0.5)] = 0.0
    shear: Annotated[float, Within(0, 0.5)] = 0.0
    elastic: Annotated[float, Within(0, 0.5)] = 0.0
    cutout: Annotated[float, Within(0, 1)] = 0.0
    flips: bool = False

    # Before the first label: passes over the inputs, turned in all four directions, to learn how far.
    pretext: Annotated[float, Within(0, 100)] = 0.0

    # After the last label, where other inputs are to be predicted: passes over all that were labelled,
    # from the step size by then to nothing.
    finish: Annotated[float, Within(0, 100)] = 0.0

    # Predictions: networks trained side by side, and views of an input, whose outputs are averaged.
    networks: Annotated[int, Within(1, 8)] = 1
    views: Annotated[int, Within(1, 32)] = 1
    view_strength: Annotated[float, Within(0, 1)] = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.optimizer not in OPTIMIZERS:
            raise AgreementError(f"Recipe.optimizer must be one of {', '.join(OPTIMIZERS)}")

    def passes_at(self, seen: int) -> float:
        """How many examples are trained on for one new label, with `seen` labels so far."""
        return self.passes * min(self.early, max(1.0, self.late_from / max(seen, 1)))

    def focus_at(self, seen: int) -> float:
        """Which share of a batch is drawn in proportion to the loss."""
        return self.focus * (1 - self.step_scale_at(seen))

    def batch_at(self, seen: int) -> int:
        """The size of a batch: a power of two times the smallest, so that few shapes occur."""
        wanted = seen / self.labels_per_example / self.smallest_batch
        doublings = math.floor(math.log2(max(wanted, 1.0)))
        return min(self.smallest_batch << doublings, max(self.largest_batch, self.smallest_batch))

    def step_scale_at(self, seen: int) -> float:
        """The step size over the first one, and the label smoothing likewise."""
        share = min(1.0, self.falls_from / max(seen, 1))
        return math.pow(share, self.falls_as)


TABLE = Recipe(passes=20.0, early=10.0, late_from=1000.0, label_smoothing=0.1, weight_decay=0.05)

GRAY = Recipe(
    passes=4.0,
    early=12.0,
    late_from=8000.0,
    focus=0.5,
    labels_per_example=400.0,
    step=3e-3,
    bias_step=3e-3,
    falls_as=0.8,
    label_smoothing=0.1,
    shift=0.08,
    rotation=15.0,
    scale=0.15,
    shear=0.15,
    elastic=0.03,
    networks=2,
    views=4,
)

PHOTO = Recipe(
    passes=9.0,
    early=1.0,
    pretext=1.75,
    focus=0.5,
    smallest_batch=64,
    optimizer="muon",
    step=0.03,
    bias_step=3e-3,
    momentum=0.8,
    weight_decay=0.04,
    falls_as=0.7,
    shift=0.125,
    cutout=0.125,
    flips=True,
    finish=3.0,
    views=6,
)

#: what the code `online` means: with more replays late, one kind of network needs no others beside it
GRAY_ONLINE = dataclasses.replace(GRAY, passes=16.0, early=3.0)

#: where time matters less
GRAY_BEST = dataclasses.replace(GRAY_ONLINE, networks=4)
PHOTO_BEST = dataclasses.replace(PHOTO, passes=13.0, pretext=3.0, finish=8.0, views=8)

#: trained from scratch at each doubling of the past, in place of on and on
TABLE_ANEW = dataclasses.replace(TABLE, passes=30.0, early=4.0)
GRAY_ANEW = dataclasses.replace(GRAY, passes=6.0, early=4.0, late_from=15000.0, focus=0.0)
PHOTO_ANEW = dataclasses.replace(
    PHOTO,
    passes=5.0,
    early=4.0,
    late_from=20000.0,
    focus=0.0,
    pretext=0.0,
    finish=0.0,
    weight_decay=0.01,
    shift=0.0625,
    cutout=0.25,
    views=4,
)

#: trained once, on all labels, and sent
TABLE_SENT = TABLE_ANEW
GRAY_SENT = dataclasses.replace(
    GRAY_ANEW,
    passes=30.0,
    early=2.0,
    label_smoothing=0.0,
    shift=0.04,
    rotation=8.0,
    scale=0.08,
    shear=0.08,
    elastic=0.015,
    networks=1,
)
PHOTO_PRUNED = dataclasses.replace(PHOTO_ANEW, passes=50.0, early=2.0, label_smoothing=0.2, weight_decay=0.05)
# all its weights can learn more variation than those that pruning leaves; the views are as strong
PHOTO_SENT = dataclasses.replace(
    PHOTO_ANEW, passes=32.0, early=2.0, label_smoothing=0.2, shift=0.125, view_strength=0.25
)

#: trained for the codelength of parameters and labels together: the price alone keeps it from overfitting
PRICED = Recipe(
    passes=40.0,
    early=2.0,
    late_from=15000.0,
    labels_per_example=400.0,
    step=5e-2,
    bias_step=5e-2,
    weight_decay=0.0,
)

PHOTO_PRICED = dataclasses.replace(PRICED, pretext=3.75)

#: trained for the variational bound: the noise and the divergence keep it from overfitting
VARIATIONAL = dataclasses.replace(PRICED, step=3e-3, bias_step=3e-3)
GRAY_VARIATIONAL = dataclasses.replace(  # steps of coordinates, as the next ones
    PRICED, step=4e-2, bias_step=4e-2, pretext=3.0, shift=0.02, rotation=5.0, scale=0.04, shear=0.04, views=4
)
PHOTO_VARIATIONAL = dataclasses.replace(PHOTO_PRICED, step=2.5e-2, bias_step=2.5e-2)

#: trained before the first label, on how far pictures were turned, for as many passes as a recipe says
GRAY_PRETEXT = GRAY_SENT
PHOTO_PRETEXT = dataclasses.replace(PHOTO_ANEW, early=2.0, cutout=0.0)

#: trained before the first label to tell pictures apart, for about as many steps however many they are
GRAY_CONTRAST = Recipe(
    passes=1.0,
    early=50.0,
    late_from=60000.0,
    smallest_batch=128,
    largest_batch=128,
    shift=0.1,
    rotation=20.0,
    scale=0.2,
    shear=0.2,
    elastic=0.04,
)

#: for tables, grey pictures and photographs, in the order of `kind`, by what a network is trained for
PRESETS = {
    "replay": (TABLE, GRAY, PHOTO),
    "online": (TABLE, GRAY_ONLINE, PHOTO),
    "best": (TABLE, GRAY_BEST, PHOTO_BEST),
    "anew": (TABLE_ANEW, GRAY_ANEW, PHOTO_ANEW),
    "sent": (TABLE_SENT, GRAY_SENT, PHOTO_SENT),
    "pruned": (TABLE_SENT, GRAY_SENT, PHOTO_PRUNED),
    "pretext": (PHOTO_PRETEXT, GRAY_PRETEXT, PHOTO_PRETEXT),
    "priced": (PRICED, PRICED, PHOTO_PRICED),
    "variational": (VARIATIONAL, GRAY_VARIATIONAL, PHOTO_VARIATIONAL),
}


def kind(shape: tuple[int, ...]) -> int:
    """What inputs of this shape are, (features,) or (channels, height, width): 0, 1 or 2 in that order."""
    if len(shape) != 3:
        return 0
    return 1 if shape[0] == 1 else 2


def preset(shape: tuple[int, ...], use: str = "replay") -> Recipe:
    """The agreed recipe for inputs of this shape; a pretext is for square pictures alone."""
    agreed = PRESETS[use][kind(shape)]
    square = len(shape) == 3 and shape[1] == shape[2]
    return agreed if square or not agreed.pretext else dataclasses.replace(agreed, pretext=0.0)
