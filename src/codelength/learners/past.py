"""The past of a task: the labels so far, and the blocks in which they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from codelength.checkpoint import State
from codelength.errors import InputError
from codelength.task import Labels


class Past:
    """The labels so far of n inputs, in the order of visiting."""

    def __init__(self, n: int) -> None:
        self.labels: Labels = np.zeros(n, np.int64)  # (n,), zero where they are still to come
        self.seen = 0

    @property
    def known(self) -> Labels:
        """The labels that have come (seen,)."""
        return self.labels[: self.seen]

    @property
    def is_whole(self) -> bool:
        """Whether the last label has come."""
        return self.seen == len(self.labels)

    def add(self, y: Labels) -> None:
        """Takes the next labels (m,). Raises InputError for more than there are inputs."""
        if self.seen + len(y) > len(self.labels):
            raise InputError(f"there are only {len(self.labels)} inputs to learn labels of")
        self.labels[self.seen : self.seen + len(y)] = y
        self.seen += len(y)

    def state(self) -> State:
        return {"labels": self.known}

    def restore(self, state: State) -> None:
        self.seen = 0
        self.add(state["labels"].astype(np.int64))


def growing(n: int, first: int, step: Callable[[int], int]) -> Iterator[int]:
    """The ends of blocks of n labels: `first`, each later one `step(end)` after an end, and n the last."""
    end = first
    while end < n:
        yield end
        end += step(end)
    if n:
        yield n
