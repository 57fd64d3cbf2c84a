"""The two-part code: parameters, then labels; Bob has the very network."""

import dataclasses

import numpy as np
import pytest
import torch

import codelength as cl
from codelength.codes.two_part import TwoPartCode
from codelength.compression.deep import DeepCompression
from codelength.compression.floats import Floats
from codelength.compression.subspace import Subspace

from ..made import digits

QUICK = cl.Recipe(passes=10.0, early=1.0, step=1e-2, bias_step=1e-2)
COMPRESSIONS = [
    Floats(),
    Floats("float16", zstd=True),
    DeepCompression(kept=0.3),
    DeepCompression(kept=0.3, coding="huffman"),
    DeepCompression(kept=0.3, coding="contexts"),
    Subspace(300, price=0.1),
]


@pytest.mark.parametrize("compression", COMPRESSIONS, ids=repr)
@pytest.mark.parametrize("network", ["shallow", "mlp", "lenet"])  # without batch norm, with two kinds of it
def test_labels_come_back_and_the_parts_add_up(network, compression):
    x, y = digits(300)
    code = TwoPartCode(network, compression, QUICK)
    message = code.encode(x, y, classes=range(10))
    received = cl.receive(bytes(message), x)
    np.testing.assert_array_equal(received.labels, y)
    parameters = message.measurement.parameter_bits
    assert parameters == received.measurement.parameter_bits
    assert 0 < message.ideal_bits - parameters < 300 * np.log2(10)
    assert message.payload_bits <= 1.001 * message.ideal_bits + 64
    assert (received.predict(x) == y).mean() > 0.3
    if isinstance(compression, DeepCompression):
        assert message.measurement.stages[compression.coding] == pytest.approx(parameters)
        assert received.measurement.stages == message.measurement.stages


def test_the_price_of_the_parameters_is_their_number_times_32():
    x, y = digits(50)
    for classes in (range(10), None):  # the alphabet, where it is sent, is no parameter
        measured = TwoPartCode("shallow", Floats(), QUICK).measure(x, y, classes=classes)
        assert measured.parameter_bits == 32 * (64 * 10 + 10)


def nothing_to_learn(shape, classes):
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.AdaptiveAvgPool1d(classes))


@pytest.mark.parametrize("compression", [Floats(), DeepCompression(), Subspace()], ids=repr)
def test_a_network_without_parameters_costs_nothing(compression):
    cl.register("test-no-parameters", nothing_to_learn)
    x, y = digits(50)
    message = TwoPartCode("test-no-parameters", compression, QUICK).encode(x, y, classes=range(10))
    assert message.measurement.parameter_bits == 0
    np.testing.assert_array_equal(cl.decode(bytes(message), x), y)


def test_shared_weights_travel_once():
    class Shared(torch.nn.Module):
        def __init__(self, width, classes):
            super().__init__()
            self.one = torch.nn.Linear(width, width)
            self.again = self.one
            self.head = torch.nn.Linear(width, classes)

        def forward(self, x):
            return self.head(self.again(self.one(x.flatten(1)).relu()).relu())

    cl.register("test-shared", lambda shape, classes: Shared(64, classes))
    x, y = digits(50)
    message = TwoPartCode("test-shared", Floats(), QUICK).encode(x, y, classes=range(10))
    assert message.measurement.parameter_bits == 32 * (64 * 64 + 64 + 64 * 10 + 10)
    np.testing.assert_array_equal(cl.decode(bytes(message), x), y)


@pytest.mark.parametrize("compression", COMPRESSIONS, ids=repr)
def test_nothing_to_send(compression):
    x, y = digits(5)
    message = TwoPartCode("shallow", compression, QUICK).encode(x[:0], y[:0], classes=range(10))
    assert cl.decode(bytes(message), x[:0]).shape == (0,)


@pytest.mark.parametrize("compression", COMPRESSIONS, ids=repr)
def test_damaged_parameters_never_decode(compression):
    x, y = digits(60)
    message = TwoPartCode("shallow", compression, QUICK).encode(x, y, classes=range(10))
    damaged = bytearray(message.payload)
    damaged[len(damaged) // 4] ^= 1  # with the digest made anew
    with pytest.raises(cl.CodelengthError):
        cl.decode(bytes(dataclasses.replace(message, payload=bytes(damaged))), x)
