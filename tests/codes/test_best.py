"""The shortest of several codes: labels chose it, so its name is paid for."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

import codelength as cl
from codelength.codes.best import BestOf

from ..made import Nearest, sample

QUICK = cl.Recipe(passes=5.0, early=1.0)
ONLINE = (cl.OnlineCode(cl.Frequency()), cl.OnlineCode(Nearest()), cl.OnlineCode(cl.Refit(GaussianNB())))


def test_the_shortest_is_sent_and_its_name_is_paid_for():
    x, y = sample(200)
    alone = [code.measure(x, y, classes=range(3)).ideal_bits for code in ONLINE]
    message = BestOf(ONLINE).encode(x, y, classes=range(3))
    assert message.measurement.choice_bits == np.log2(3)
    assert message.ideal_bits == pytest.approx(min(alone) + np.log2(3), abs=1e-9)
    received = cl.receive(bytes(message), x)
    np.testing.assert_array_equal(received.labels, y)
    assert received.measurement.choice_bits == np.log2(3)
    assert BestOf(ONLINE).measure(x, y, classes=range(3)).ideal_bits == message.ideal_bits


def test_what_cannot_be_done_is_refused_before_any_is_measured():
    x, y = sample(80)
    accounts = []
    with pytest.raises(cl.InputError, match="bits back"):
        BestOf(ONLINE).encode(x, y, auxiliary=b"some", progress=accounts.append)
    with pytest.raises(TypeError, match="clases"):
        BestOf(ONLINE).encode(x, y, clases=range(3), progress=accounts.append)
    unfit = cl.OnlineCode(cl.Columns(Nearest(), 0, 5))
    with pytest.raises(cl.InputError, match="columns 0 to 5"):
        BestOf((*ONLINE, unfit)).measure(x, y, progress=accounts.append)
    networks = tuple(cl.TwoPartCode(network, cl.Floats(), QUICK) for network in ("shallow", "lenet-5"))
    with pytest.raises(cl.InputError, match="'lenet-5' does not fit"):
        BestOf(networks).measure(x, y, progress=accounts.append)
    assert not accounts


def test_any_may_be_chosen_elsewhere_and_the_agreement_does_not_tell_which():
    x, y = sample(80)
    messages = [BestOf(ONLINE, chosen).encode(x, y) for chosen in range(3)]
    for message in messages:
        np.testing.assert_array_equal(cl.decode(bytes(message), x), y)
    assert messages[0].header.code == messages[1].header.code == messages[2].header.code


@pytest.mark.parametrize(
    "codes",
    [
        tuple(cl.BitsBackCode(network, QUICK) for network in ("shallow", "shallow-64")),
        tuple(cl.TwoPartCode(network, cl.Floats(), QUICK) for network in ("shallow", "shallow-64")),
    ],
    ids=["stack", "two-part"],
)
def test_codes_of_every_kind_are_chosen_among(codes):
    x, y = sample(60)
    for chosen in (None, 1):
        message = BestOf(codes, chosen).encode(x, y, classes=range(3))
        received = cl.receive(bytes(message), x)
        np.testing.assert_array_equal(received.labels, y)
        assert received.measurement.choice_bits == 1.0


def test_what_cannot_be_chosen_among_is_refused():
    uniform, online = cl.UniformCode(), ONLINE[0]
    for codes in (
        (),
        (uniform, online),
        (BestOf((uniform,)),),
        (cl.UniformCode(seed=1), uniform),
        (cl.ShannonCode(), cl.ShannonCode()),
        ("uniform",),
    ):
        with pytest.raises(cl.AgreementError):
            BestOf(codes)
    for chosen in (-1, 3, "first"):
        with pytest.raises(cl.AgreementError):
            BestOf(ONLINE, chosen)
