"""Replay: a network that trains on through the stream and keeps repeating what came before.

After J. Bornschein, Y. Li and M. Hutter, Sequential Learning of Neural Networks for Prequential MDL
(ICLR 2023): in place of training from scratch at each block, the same network goes on learning.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator

from codelength.agreement import Within, registered
from codelength.errors import AgreementError
from codelength.learners.learner import Learner, Predictor
from codelength.learners.past import growing
from codelength.task import Probabilities, Task
from codelength.training.recipe import PRESETS, Recipe


@registered("replay")
@dataclasses.dataclass(frozen=True)
class Replay(Learner):
    """A network by name and a recipe; with none, the one agreed for this `use` and the inputs' shape.

    Each block is predicted, then learned with random replay of all that came before; averaged
    weights predict. The first block has `first_block` labels; later ones are the share `block_growth`
    of the labels so far, at least half of the first one and at most `largest_block`. Before the first
    label the prediction is uniform; after the last one a recipe may have a finish, where other inputs
    are to be predicted. `use` is "replay", "online" for what the codes of that name mean (the same but
    for grey pictures, where it trains longer), or "best" where time matters less. Raises AgreementError
    for an unknown network or use, InputError when the network cannot take the inputs.
    """

    network: str
    recipe: Recipe | None = None
    first_block: typing.Annotated[int, Within(1, 4096)] = 10
    block_growth: typing.Annotated[float, Within(0.01, 1)] = 0.08
    largest_block: typing.Annotated[int, Within(32, 8192)] = 512
    use: str = "replay"

    libraries: typing.ClassVar[frozenset[str]] = frozenset({"torch"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.use not in PRESETS:
            raise AgreementError(f"Replay.use must be one of {', '.join(PRESETS)}")

    def begin(self, task: Task) -> Predictor:
        from codelength.learners.replaying import Replaying

        return Replaying(self.network, self.recipe, task, self.use)

    def schedule(self, n: int, classes: int) -> Iterator[int]:
        smallest = -(-self.first_block // 2)

        def block(end: int) -> int:
            return min(max(smallest, int(end * self.block_growth)), self.largest_block)

        return growing(n, self.first_block, block)

    def probe(self, task: Task) -> Probabilities:
        """Probabilities after a few steps at the smallest and the largest batch."""
        from codelength.training.ensemble import rehearsed

        return rehearsed(self.network, self.recipe, self.use, task)
