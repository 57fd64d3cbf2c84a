"""Parameters as floats: exact in their format, at their exact price."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import codelength as cl
from codelength.channel import Receiver, Sender
from codelength.compression.floats import FORMATS, Floats
from codelength.entropy import RangeEncoder, Whole

floats32 = st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-60000, max_value=60000)


class Ready:
    """A model that has been trained already."""

    def __init__(self, parameters):
        self.shapes = ((len(parameters),),)
        self._parameters = parameters

    def fresh(self):
        return None

    def train(self, channel, network):
        return self._parameters


def sent(compression, parameters):
    """What both ends have after an exchange, and the ideal bits of it."""
    sender = Sender(np.zeros(0, np.int64), RangeEncoder())
    alice = compression.exchange(sender, Ready(parameters))
    payload = sender.finish()
    receiver = Receiver(0, Whole(payload, "range"))
    bob = compression.exchange(receiver, Ready(np.full_like(parameters, np.nan)))  # he has nothing to fit
    assert alice.dtype == bob.dtype == np.float32
    np.testing.assert_array_equal(alice.view(np.uint32), bob.view(np.uint32))
    assert receiver.account.bits == sender.account.bits
    assert 8 * len(payload) <= sender.account.bits * 1.001 + 64
    return bob, sender.account.bits


@pytest.mark.parametrize("zstd", [False, True])
@pytest.mark.parametrize("format", FORMATS)
@given(values=st.lists(floats32, max_size=50))
def test_both_ends_have_the_parameters_as_the_format_holds_them(format, zstd, values):
    parameters = np.array(values, dtype=np.float32)
    expected = torch.from_numpy(parameters).to(getattr(torch, format)).float().numpy()
    received, bits = sent(Floats(format, zstd), parameters)
    np.testing.assert_array_equal(received, expected)
    if not zstd:
        assert bits == len(parameters) * (32 if format == "float32" else 16)


def test_zstd_finds_what_is_alike():
    _, raw = sent(Floats("float32"), np.ones(10_000, np.float32))
    _, packed = sent(Floats("float32", zstd=True), np.ones(10_000, np.float32))
    assert packed < raw / 100


def test_an_unknown_format_is_refused():
    with pytest.raises(cl.AgreementError, match="float32"):
        Floats("float8")
