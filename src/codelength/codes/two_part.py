"""The two-part code: a trained network travels first, then the labels under it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, ClassVar

from codelength.agreement import Within, registered
from codelength.channel import Channel
from codelength.codes.code import Code, labels_under
from codelength.compression.compression import Compression
from codelength.learners.learner import Frozen, Predictor
from codelength.task import Probabilities, Task
from codelength.training.recipe import Recipe

if TYPE_CHECKING:
    from codelength.compression.trained import Trained


@registered("two-part")
@dataclasses.dataclass(frozen=True)
class TwoPartCode(Code):
    """L = L_param(theta) - sum_i log2 p_theta(y_i | x_i): a network by name, and how it is compressed.

    Alice trains the network (only she can), its parameters travel and are frozen, then the labels travel
    under the network that both ends have. Batch-norm statistics do not travel: both ends take them
    from the inputs. With no recipe, the one agreed for the inputs' shape; `floor` is the share of the
    uniform distribution in each label's.

    Raises AgreementError for an unknown network, InputError when it cannot take the inputs. Source: Blier
    and Ollivier (2018), section 3.1.
    """

    network: str
    compression: Compression
    recipe: Recipe | None = None
    floor: Annotated[float, Within(1e-12, 0.5)] = 2.0**-16

    libraries: ClassVar[frozenset[str]] = frozenset({"torch"})

    def probe(self, task: Task) -> Probabilities:
        """Probabilities after a few steps at the smallest and the largest batch."""
        return self._model(task).rehearse()

    def begin(self, task: Task) -> None:
        self._model(task)

    def _model(self, task: Task) -> Trained:
        from codelength.compression.trained import Trained

        return Trained(self.network, self.recipe, task, self.compression.use)

    def converse(self, channel: Channel, task: Task) -> Predictor:
        model = self.first_part(channel, task)
        labels_under(channel, task.x, model.predict, self.floor)
        return Frozen(model.predict)

    def first_part(self, channel: Channel, task: Task) -> Trained:
        """The parameters travel: the network as both ends have it then."""
        model = self._model(task)
        channel.restore(model)  # at Alice's end, in the middle of its training
        before = channel.account.bits  # of the alphabet, where it was not agreed in advance
        theta = self.compression.exchange(channel, model)
        channel.account.parameter_bits = channel.account.bits - before
        model.load(theta)
        return model
