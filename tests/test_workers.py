"""Members side by side compute what they would alone."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from codelength.training.inputs import Normalizer
from codelength.training.member import built
from codelength.training.trainer import seeded
from codelength.workers import Workers

X = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)


def weights(seed: int) -> list[torch.Tensor]:
    return list(built("mlp-3", X, 10, Normalizer(X), seed).parameters())


def test_networks_made_at_once_are_those_made_alone() -> None:
    alone = [weights(seed) for seed in range(16)]
    together = Workers(16, 16).each(weights, range(16))
    for mine, theirs in zip(alone, together, strict=True):
        for one, other in zip(mine, theirs, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_a_network_may_be_made_while_another_is() -> None:
    def nested() -> None:
        with seeded(0), seeded(1):
            pass

    thread = threading.Thread(target=nested, daemon=True)  # so that a deadlock is a failure
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize(("members", "threads", "share"), [(1, 4, 4), (2, 4, 2), (3, 2, 1), (0, 2, 2)])
def test_the_threads_are_shared_out_and_given_back(members: int, threads: int, share: int) -> None:
    workers, before = Workers(members, threads), torch.get_num_threads()
    assert workers.threads == share
    assert workers.each(lambda member: member + 1, range(members)) == list(range(1, members + 1))
    if members > 1:
        assert workers.each(lambda _: torch.get_num_threads(), range(members)) == members * [share]
    assert torch.get_num_threads() == before
