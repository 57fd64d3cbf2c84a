"""A toy code through every end of the line: one conversation, three channels, two kinds of coder."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelength.channel import Counter, Receiver, Sender, StackReceiver, StackSender
from codelength.entropy import CODERS, Table, Uniform, Whole
from codelength.errors import InputError, NumericsError


def adaptive(channel, n, classes):
    """The toy: one choice, then labels predicted by Laplace's rule, in blocks of up to five."""
    block = 1 + channel.choice(5, lambda: 2)
    counts = np.ones(classes)
    for start in range(0, n, block):
        count = min(block, n - start)
        y = channel.labels(np.tile(counts / counts.sum(), (count, 1)))
        np.add.at(counts, y, 1)
    return counts


labels = st.integers(1, 6).flatmap(
    lambda classes: st.tuples(st.just(classes), st.lists(st.integers(0, classes - 1), max_size=120))
)


@pytest.mark.parametrize("coder", CODERS)
@given(labels)
def test_sender_receiver_and_counter_hold_the_same_conversation(coder, drawn):
    classes, y = drawn
    y = np.array(y, dtype=np.int64)
    encoder, _ = CODERS[coder]
    sender, counter = Sender(y, encoder()), Counter(y)
    told = adaptive(sender, len(y), classes)
    receiver = Receiver(len(y), Whole(sender.finish(), coder), sender.checks)
    heard = adaptive(receiver, len(y), classes)
    receiver.finish()
    np.testing.assert_array_equal(receiver.heard(), y)
    np.testing.assert_array_equal(told, heard)
    np.testing.assert_array_equal(told, adaptive(counter, len(y), classes))
    assert sender.account == receiver.account == counter.account


def test_the_account_is_the_formula():
    y = np.array([0, 1, 1], dtype=np.int64)
    counter = Counter(y)
    adaptive(counter, 3, 2)
    np.testing.assert_allclose(counter.account.bits, np.log2(5) + 3, rtol=1e-15)
    assert counter.account.choice_bits == np.log2(5)
    assert counter.account.curve == [(3, counter.account.bits)]
    assert counter.account.correct == 1  # the mode of equal probabilities is the first class


def test_checks_are_few_short_and_stop_a_divergence():
    y = np.random.default_rng(0).integers(0, 3, 1000)
    sender = Sender(y, CODERS["range"][0]())
    adaptive(sender, 1000, 3)
    assert 2 <= len(sender.checks) <= 16

    receiver = Receiver(1000, Whole(sender.finish(), "range"), sender.checks)
    with pytest.raises(NumericsError, match="no longer agree"):
        adaptive(receiver, 1000, 4)  # Bob's model is another one
    assert receiver.account.labels < 50


@pytest.mark.parametrize(
    "p",
    [
        np.array([[0.5, 0.6]]),
        np.array([[-0.5, 1.5]]),
        np.array([[np.nan, 1.0]]),
        np.array([[np.inf, 1.0]]),
        np.array([[0.0, 0.0]]),
        np.array([0.5, 0.5]),
        np.array([[0.5, 0.5]], dtype=np.float32),
    ],
)
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(InputError, match="probabilities must be"):
        Counter(np.zeros(5, dtype=np.int64)).labels(p)


def test_a_label_of_probability_zero_is_refused():
    with pytest.raises(InputError, match="probability was zero"):
        Counter(np.array([1])).labels(np.array([[1.0, 0.0]]))


def test_more_labels_than_there_are_is_refused():
    with pytest.raises(InputError, match="more labels"):
        Counter(np.array([1])).labels(Uniform(2, 2))


# Bits back for one Gaussian mean: labels are signs of mean + noise, a sign at a time.

GRID = np.linspace(-3, 3, 61)


def normal(mean, scale):
    weights = np.exp(-((GRID - mean) ** 2) / (2 * scale**2))
    return Table((weights / weights.sum())[None, :])


def posterior(y):
    """A posterior for the mean that either end can fit to the labels."""
    share = (y.sum() + 1) / (len(y) + 2)
    return normal(np.log(share / (1 - share)), 2 / np.sqrt(len(y) + 4))


def bits_back(channel, n):
    theta = channel.weights(normal(0, 1), lambda: posterior(channel.all_labels()))
    p = 1 / (1 + np.exp(-GRID[theta[0]]))
    channel.labels(np.tile([1 - p, p], (n, 1)))
    channel.give_back(theta, lambda: posterior(channel.all_labels()))
    return theta


@given(st.lists(st.integers(0, 1), min_size=1, max_size=200), st.binary(min_size=8, max_size=15))
def test_bits_back_returns_labels_and_auxiliary_bytes(y, auxiliary):
    y = np.array(y, dtype=np.int64)
    sender = StackSender(y, auxiliary)
    theta = bits_back(sender, len(y))
    payload = sender.finish()
    receiver = StackReceiver(len(y), payload, sender.checks, len(auxiliary))
    np.testing.assert_array_equal(bits_back(receiver, len(y)), theta)
    np.testing.assert_array_equal(receiver.heard(), y)
    assert receiver.auxiliary == auxiliary

    # what it costs: prior and labels, less the posterior of the mean that was drawn
    p = 1 / (1 + np.exp(-GRID[theta[0]]))
    labels = -np.log2(np.where(y == 1, p, 1 - p)).sum()
    expected = labels + normal(0, 1).bits(theta)[0] - posterior(y).bits(theta)[0]
    np.testing.assert_allclose(sender.account.bits - sender.account.returned_bits, expected)
    assert abs(8 * len(payload) - 8 * len(auxiliary) - expected) <= 128  # four words


def test_too_few_auxiliary_bytes_are_never_made_up():
    y = np.zeros(3, dtype=np.int64)
    with pytest.raises(InputError, match="too few auxiliary bytes"):
        bits_back(StackSender(y, b""), 3)
