"""Label spreading: labels spread over the graph of nearest neighbours among all inputs."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator

from codelength.agreement import Within, registered
from codelength.learners.learner import PROBE_CELLS, Learner, Predictor
from codelength.learners.past import growing
from codelength.task import Probabilities, Task
from codelength.training.recipe import Recipe

_PROBED = 256


@registered("spread")
@dataclasses.dataclass(frozen=True)
class Spread(Learner):
    """Every input, labelled or not, hands on what it has of each label to the inputs near to it.

    Both ends hold the inputs whose labels are still to come: where these lie in clusters, a few labels
    tell most of the others, long before a network could be trained on them. Distances are between the
    outputs of `network`, trained under `recipe` with no label to tell varied pictures apart (a contrast);
    with none named, what is agreed for the inputs' shape: `lenet-5-bn` for grey pictures of 16 pixels and
    more, the inputs as they are for all others.

    The first `reach` inputs are joined to their `neighbours` nearest ones; the share `keep` of an input's
    scores is the mean of its neighbours', the rest its own label. Labels past the graph change nothing;
    before, they are handed on anew each time that there are more by the share `growth`. Classes weigh as
    often as they were seen, and each as if it had been seen once more.

    Raises AgreementError for an unknown network, InputError when it cannot take the inputs. Sources: D. Zhou
    et al., Learning with Local and Global Consistency (NeurIPS 2003), with random walks; X. Zhu, Z.
    Ghahramani and J. Lafferty, Semi-Supervised Learning Using Gaussian Fields and Harmonic Functions (ICML
    2003) for the classes' masses.
    """

    network: str | None = None
    recipe: Recipe | None = None
    neighbours: typing.Annotated[int, Within(1, 1000)] = 10
    keep: typing.Annotated[float, Within(0.0, 0.9999)] = 0.99
    reach: typing.Annotated[int, Within(1, 100_000)] = 20_000
    growth: typing.Annotated[float, Within(0.01, 10.0)] = 0.2

    libraries: typing.ClassVar[frozenset[str]] = frozenset({"torch"})

    @property
    def light(self) -> bool:
        return True

    def begin(self, task: Task) -> Predictor:
        from codelength.learners.spreading import Spreading

        return Spreading(self, task)

    def schedule(self, n: int, classes: int) -> Iterator[int]:
        return growing(n, 1, lambda end: max(1, int(end * self.growth)))

    def probe(self, task: Task) -> Probabilities:
        """What a slice of the training on the first inputs, and made-up labels, predict of these."""
        from codelength.learners.spreading import Spreading

        rows = min(_PROBED, max(4, PROBE_CELLS // task.classes))
        head = dataclasses.replace(task, x=task.x[:rows], order=task.order[:rows])
        return Spreading(self, head).rehearse()
