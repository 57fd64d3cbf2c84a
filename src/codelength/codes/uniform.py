"""The uniform code: n log2 K bits, whatever the labels."""

from __future__ import annotations

import dataclasses

from codelength.agreement import registered
from codelength.channel import Channel
from codelength.codes.code import Code
from codelength.entropy import Uniform
from codelength.task import Task

_BLOCK = 2**14  # labels a call, for progress and memory; the bits do not depend on it


@registered("uniform")
@dataclasses.dataclass(frozen=True)
class UniformCode(Code):
    """L = n log2 K (Blier and Ollivier, 2018, section 2): what every other code must beat."""

    def converse(self, channel: Channel, task: Task) -> None:
        for start in range(0, len(task.x), _BLOCK):
            channel.labels(Uniform(task.classes, min(_BLOCK, len(task.x) - start)))
