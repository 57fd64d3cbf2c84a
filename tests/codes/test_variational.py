"""The variational code: the bound is the formula, and the bits really come back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

import codelength as cl
from codelength.channel import Counter
from codelength.codes.session import Session
from codelength.compression.fitted import Fitted
from codelength.labels import Alphabet
from codelength.numerics import Numerics

from ..made import digits

QUICK = cl.Recipe(passes=10.0, early=1.0, step=1e-2, bias_step=1e-2, weight_decay=0.0)


@pytest.mark.parametrize(
    ("network", "coordinates"), [("shallow", None), ("lenet-slim", 0), ("lenet-slim", 300)]
)
def test_labels_and_auxiliary_bytes_come_back(network, coordinates):
    x, y = digits(200)
    auxiliary = np.random.default_rng(1).bytes(60_001)
    message = cl.BitsBackCode(network, QUICK, coordinates=coordinates).encode(
        x, y, classes=range(10), auxiliary=auxiliary
    )
    received = cl.receive(bytes(message), x)
    np.testing.assert_array_equal(received.labels, y)
    assert received.auxiliary == auxiliary
    assert message.returned_bits == 8 * len(auxiliary)
    assert message.payload_bits == message.message_bits - message.returned_bits
    assert 0 < message.measurement.parameter_bits < message.ideal_bits
    assert message.measurement.parameter_bits == received.measurement.parameter_bits
    assert abs(message.payload_bits - message.ideal_bits) <= 0.001 * message.message_bits + 64


def test_redundant_bytes_ride_along_as_if_random_and_come_back():
    x, y = digits(60)
    code = cl.BitsBackCode("shallow", QUICK, seed=3)
    auxiliary = b"all the same " * 500
    assert np.unpackbits(np.frombuffer(code.masked(auxiliary), np.uint8)).mean() == pytest.approx(
        0.5, abs=0.01
    )
    message = code.encode(x, y, classes=range(10), auxiliary=auxiliary)
    assert cl.receive(bytes(message), x).auxiliary == auxiliary


def test_without_auxiliary_bytes_zeros_stand_in():
    x, y = digits(60)
    code = cl.BitsBackCode("shallow", QUICK)
    message = code.encode(x, y, classes=range(10))
    assert message.returned_bits > 12 * (64 * 10 + 10)
    assert bytes(message) == bytes(code.encode(x, y, classes=range(10)))


def test_too_few_auxiliary_bytes_are_refused_before_any_work():
    x, y = digits(60)
    with pytest.raises(cl.InputError, match="auxiliary bytes"):
        cl.BitsBackCode("shallow", QUICK).encode(x, y, auxiliary=b"few")
    with pytest.raises(cl.InputError, match="bits-back"):
        cl.UniformCode().encode(x, y, auxiliary=b"some")


def test_the_bound_is_kl_and_a_mean_over_samples():
    x, y = digits(150)
    code = cl.BitsBackCode("shallow", QUICK, coordinates=0)
    measured = code.measure(x, y, classes=range(10))

    alphabet = Alphabet.of(range(10))
    session = Session.begin(code, x, alphabet.size, Numerics.here(code.libraries))
    indices = session.visited(alphabet.indices(y))
    with session.task.numerics.enforced(code.libraries):
        model = Fitted("shallow", QUICK, session.task, 0)
        model.begin(Counter(session.visited(np.asarray(y))))
        posterior = model.posterior(Counter(indices))
    prior, deviation = model.spread(posterior.best), np.exp(posterior.log_deviation)
    alpha = Normal(torch.zeros(len(prior)).double(), torch.from_numpy(prior))
    beta = Normal(torch.from_numpy(posterior.mean), torch.from_numpy(deviation))
    kl = kl_divergence(beta, alpha).sum().item() / np.log(2)
    np.testing.assert_allclose(posterior.divergences(prior).sum(), kl, rtol=1e-9)
    np.testing.assert_allclose(sum(measured.layers.values()), kl, rtol=0, atol=1)  # the prior is rounded

    # brute force: softmax regression of normalized inputs, in float64
    pixels = session.task.x[np.arange(150)].reshape(150, -1).astype(np.float64)
    spread = pixels.std(axis=0)
    inputs = (pixels - pixels.mean(axis=0)) / np.where(spread > 0, spread, 1)
    random = np.random.default_rng(7)
    bits = []
    for _ in range(200):
        theta = model.center + posterior.mean + deviation * random.standard_normal(650)
        logits = inputs @ theta[:640].reshape(10, 64).T + theta[640:]
        logits -= logits.max(axis=1, keepdims=True)
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        p = (1 - 2.0**-16) * p + 2.0**-16 / 10
        bits.append(-np.log2(p[np.arange(150), indices]).sum())
    data = measured.bound_bits - kl - 2 * 8
    # alpha's deviations are rounded before they are sent: that is the one bit
    assert abs(data - np.mean(bits)) <= 5 * measured.bound_error + 5 * np.std(bits) / np.sqrt(200) + 1


def test_networks_with_parameters_between_modules_are_refused():
    class Odd(torch.nn.Module):
        def __init__(self, classes):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1))
            self.head = torch.nn.Linear(64, classes)

        def forward(self, x):
            return self.head(x.flatten(1)) * self.scale

    cl.register("test-odd", lambda shape, classes: Odd(classes))
    x, y = digits(30)
    with pytest.raises(cl.InputError, match="parameters of its own"):
        cl.BitsBackCode("test-odd", QUICK, coordinates=0).encode(x, y)


def test_a_network_with_nothing_to_learn():
    class Sums(torch.nn.Module):
        def forward(self, x):
            return x.flatten(1)[:, :10]

    cl.register("test-sums", lambda shape, classes: Sums())
    x, y = digits(30)
    for coordinates in (0, 10):
        code = cl.RelativeEntropyCode("test-sums", QUICK, coordinates=coordinates)
        message = code.encode(x, y, classes=range(10))
        np.testing.assert_array_equal(cl.decode(bytes(message), x), y)


def test_nothing_to_send():
    x, y = digits(5)
    message = cl.BitsBackCode("shallow", QUICK).encode(x[:0], y[:0], classes=range(10))
    assert cl.decode(bytes(message), x[:0]).shape == (0,)


@pytest.mark.parametrize(("network", "coordinates"), [("shallow", None), ("lenet-slim", 300)])
def test_relative_entropy_coding_needs_no_labels_to_decode_weights(network, coordinates):
    x, y = digits(200)
    message = cl.RelativeEntropyCode(network, QUICK, coordinates=coordinates).encode(x, y, classes=range(10))
    received = cl.receive(bytes(message), x)
    np.testing.assert_array_equal(received.labels, y)
    assert received.auxiliary == b""
    assert message.returned_bits == 0
    measured = message.measurement
    assert measured.parameter_bits == received.measurement.parameter_bits
    assert measured.ideal_bits < 1.6 * measured.bound_bits
    assert received.predict(x).shape == (200,)


def test_forged_stacks_never_decode():
    x, y = digits(40)
    message = cl.BitsBackCode("shallow", cl.Recipe(passes=1.0, early=1.0)).encode(x, y, classes=range(10))
    payload = message.payload
    for forged in (b"", payload[:40], payload[:-4] + bytes(4), payload[4:], payload + payload, bytes(400)):
        with pytest.raises(cl.CodelengthError):
            cl.receive(bytes(dataclasses.replace(message, payload=forged)), x)
    header = dataclasses.replace(message.header, returned=message.header.returned - 5)
    with pytest.raises(cl.MessageError):
        cl.receive(bytes(dataclasses.replace(message, header=header)), x)


def test_a_training_that_diverges_says_so():
    x, y = digits(100)
    recipe = cl.Recipe(passes=20.0, early=1.0, optimizer="sgd", step=10.0, bias_step=10.0, weight_decay=10.0)
    with pytest.raises(cl.InputError, match="diverged"):
        cl.TwoPartCode("mlp", cl.Floats(), recipe).encode(x, y)
