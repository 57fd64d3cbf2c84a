"""Huffman codes: optimal lengths, that many bits, symbols that come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codelength.channel import Receiver, Sender
from codelength.compression.huffman import code_lengths, huffman
from codelength.entropy import RangeEncoder, Uniform, Whole
from codelength.errors import MessageError

EACH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@EACH
@given(st.lists(st.integers(0, 19), max_size=300))
def test_symbols_come_back_in_as_many_bits_as_their_words_have(told, values):
    symbols = np.array(values, np.int64)
    back, bits = told(lambda channel: huffman(channel, 20, lambda: symbols))
    np.testing.assert_array_equal(back, symbols)
    head = np.log2(25) + max(0, len(symbols).bit_length() - 1)
    if len(symbols):
        lengths = code_lengths(symbols, 20)
        words = lengths[symbols].sum() if len(np.unique(symbols)) > 1 else 0
        assert bits == pytest.approx(head + 5 * 20 + words)


def test_lengths_are_those_of_the_textbook():
    symbols = np.repeat(np.arange(5), [15, 7, 6, 6, 5])
    assert code_lengths(symbols, 6).tolist() == [1, 3, 3, 3, 3, 0]


@given(st.lists(st.integers(0, 9), min_size=2, max_size=200))
def test_a_word_is_within_a_bit_of_the_entropy(values):
    symbols = np.array(values)
    counts = np.bincount(symbols, minlength=10)
    p = counts[counts > 0] / len(symbols)
    entropy = -(p * np.log2(p)).sum()
    lengths = code_lengths(symbols, 10)
    mean = (counts * lengths).sum() / len(symbols)
    assert entropy - 1e-9 <= mean <= entropy + 1 + 1e-9


def test_lengths_of_no_huffman_code_are_refused():
    alice = Sender(np.zeros(0, np.int64), RangeEncoder())
    alice.integers(Uniform(25, 1), lambda: np.array([1]))  # one symbol
    alice.integers(Uniform(32, 4), lambda: np.array([1, 1, 1, 0]))
    bob = Receiver(0, Whole(alice.finish(), "range"))
    with pytest.raises(MessageError, match="Huffman"):
        huffman(bob, 4, lambda: np.zeros(1, np.int64))
