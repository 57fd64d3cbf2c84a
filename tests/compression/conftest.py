"""One conversation held at both ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from codelength.channel import Channel, Receiver, Sender
from codelength.entropy import RangeEncoder, Whole


@pytest.fixture
def told() -> Callable[[Callable[[Channel], Any]], tuple[Any, float]]:
    """Holds a conversation at Alice's end and at Bob's; what he has, and the bits that it took."""

    def hold(conversation: Callable[[Channel], Any]) -> tuple[Any, float]:
        nothing = np.zeros(0, np.int64)
        alice = Sender(nothing, RangeEncoder())
        hers = conversation(alice)
        payload = alice.finish()
        bob = Receiver(0, Whole(payload, "range"))
        his = conversation(bob)
        bob.finish()
        np.testing.assert_array_equal(hers, his)
        assert bob.account.bits == alice.account.bits
        assert 8 * len(payload) <= 1.001 * alice.account.bits + 64
        return his, alice.account.bits

    return hold
