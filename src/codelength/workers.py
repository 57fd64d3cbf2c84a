"""Networks in training side by side, each in a thread of its own with its share of the agreed ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

M = TypeVar("M")
T = TypeVar("T")


class Workers:
    """Threads for so many members: for small networks faster than all threads on one after the other."""

    def __init__(self, members: int, threads: int) -> None:
        self._members = members
        self.threads = max(1, threads // max(1, members))  # of each member
        self._pool = ThreadPoolExecutor(max(1, min(members, threads)))

    def each(self, do: Callable[[M], T], members: Iterable[M]) -> list[T]:
        """What `do` returns for each of the members."""
        if self._members < 2:  # memory that the calling thread lets go of is kept for its next step
            return [do(member) for member in members]
        import torch

        def done(member: M) -> T:
            # A thread takes the count over from whoever set one last, when it first asks for it: only
            # then does a count of its own hold. Another count would be other floats.
            torch.get_num_threads()
            torch.set_num_threads(self.threads)
            return do(member)

        outside = torch.get_num_threads()
        try:
            return list(self._pool.map(done, members))
        finally:
            torch.set_num_threads(outside)
