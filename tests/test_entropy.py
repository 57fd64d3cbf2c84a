import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelength.entropy import CODERS, RangeDecoder, RangeEncoder, Stack, Table, Uniform
from codelength.errors import MessageError


@st.composite
def blocks(draw, max_classes=12):
    """A few distributions and symbols under them, likely ones and unlikely ones."""
    classes = draw(st.integers(1, max_classes))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    made = []
    for count in draw(st.lists(st.integers(0, 60), max_size=5)):
        if draw(st.booleans()):
            distribution = Uniform(classes, count)
        else:
            p = rng.dirichlet(np.full(classes, draw(st.sampled_from([0.01, 0.3, 10.0]))), size=count)
            distribution = Table(0.9999 * p.reshape(count, classes) + 0.0001 / classes)
        likely = draw(st.booleans())
        y = distribution.most_likely() if likely else rng.integers(0, classes, size=count)
        made.append((y.astype(np.int64), distribution))
    return made


@pytest.mark.parametrize("coder", CODERS)
@given(made=blocks())
def test_what_is_written_is_read(coder, made):
    encoder, decoder = CODERS[coder]
    written = encoder()
    for y, distribution in made:
        written.encode(y, distribution)
    read = decoder(written.finish())
    for y, distribution in made:
        np.testing.assert_array_equal(read.decode(distribution), y)


@given(made=blocks())
def test_range_coder_stays_within_a_byte_and_a_trace_of_the_ideal(made):
    encoder = RangeEncoder()
    for y, distribution in made:
        encoder.encode(y, distribution)
    ideal = sum(distribution.bits(y).sum() for y, distribution in made)
    symbols = sum(len(y) for y, _ in made)
    assert 8 * len(encoder.finish()) <= ideal + 9 + 0.02 * symbols


@given(st.integers(2, 300), st.integers(0, 500), st.integers(0, 2**32))
def test_uniform_symbols_cost_n_log2_k_but_for_two_bytes(size, count, seed):
    y = np.random.default_rng(seed).integers(0, size, count)
    encoder = RangeEncoder()
    encoder.encode(y, Uniform(size, count))
    data = encoder.finish()
    assert abs(8 * len(data) - count * np.log2(size)) <= 16  # whole bytes, and one to close the interval
    np.testing.assert_array_equal(RangeDecoder(data).decode(Uniform(size, count)), y)


def test_carries_are_rounded_right():
    # long runs of the last symbol push the interval against its upper end
    p = np.tile([2.0**-20, 1 - 2.0**-20], (4000, 1))
    for y in (np.ones(4000, np.int64), np.r_[np.zeros(1, np.int64), np.ones(3999, np.int64)]):
        encoder = RangeEncoder()
        encoder.encode(y, Table(p))
        np.testing.assert_array_equal(RangeDecoder(encoder.finish()).decode(Table(p)), y)


def test_nothing_takes_no_bytes():
    assert RangeEncoder().finish() == b""


def test_a_huffman_message_that_ends_early_says_so():
    _, decoder = CODERS["huffman"]
    with pytest.raises(MessageError, match="ends before"):
        decoder(b"\0").decode(Uniform(4, 1000))


@given(made=blocks(), auxiliary=st.binary(min_size=400, max_size=400))
def test_a_stack_gives_back_what_it_was_made_of(made, auxiliary):
    stack = Stack(auxiliary, sealed=False)
    for y, distribution in made:
        stack.push(y, distribution)
    other = Stack(stack.finish(), sealed=True)
    for y, distribution in reversed(made):
        np.testing.assert_array_equal(other.pop(distribution), y)
    assert other.unseal() == auxiliary


def test_bits_are_minus_log2_p():
    p = np.array([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])
    np.testing.assert_array_equal(Table(p).bits(np.array([1, 0])), [2.0, 0.0])
    assert Table(p).bits(np.array([1, 2]))[1] == np.inf
    np.testing.assert_array_equal(Uniform(8, 2).bits(np.array([7, 0])), [3.0, 3.0])
