import contextlib
import enum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelength.errors import InputError, MessageError
from codelength.labels import Alphabet, as_labels

label_lists = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.booleans()),
    st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"))),
    st.lists(st.floats(allow_nan=False, allow_infinity=False)),
)


@given(label_lists)
def test_labels_come_back_as_they_went_in(labels):
    alphabet = Alphabet.of(labels)
    indices = alphabet.indices(labels)
    back = alphabet.labels(indices)
    assert back.dtype == as_labels(labels).dtype
    np.testing.assert_array_equal(back, as_labels(labels))

    read, rest = Alphabet.read(alphabet.to_bytes() + b"rest")
    assert rest == b"rest"
    assert read.values.dtype == alphabet.values.dtype
    np.testing.assert_array_equal(read.values, alphabet.values)


def test_integers_from_zero_take_one_byte():
    assert len(Alphabet.of(np.arange(10)).to_bytes()) == 1


@pytest.mark.parametrize(
    "labels",
    [[[1, 2], [3, 4]], [1, None], ["a", 1.5, None], [float("nan")], np.array([1j]), [b"a", "b"]],
)
def test_labels_that_cannot_be_sorted_are_refused(labels):
    with pytest.raises(InputError):
        Alphabet.of(labels)
    if isinstance(labels, list):
        with pytest.raises(InputError):
            Alphabet.of(np.array(labels, dtype=object))


def test_objects_that_are_all_strings_or_all_integers_are_taken():
    assert Alphabet.of(np.array(["b", "a"], dtype=object)).values.tolist() == ["a", "b"]
    assert Alphabet.of(np.array([3, -1], dtype=object)).values.tolist() == [-1, 3]
    assert Alphabet.of(np.array([3.5, -1.0], dtype=object)).values.tolist() == [-1.0, 3.5]
    assert Alphabet.of([np.str_("b"), "a"]).values.tolist() == ["a", "b"]
    kinds = enum.StrEnum("Kinds", ["cat", "ant"])
    assert Alphabet.of([kinds.cat, kinds.ant]).values.tolist() == ["ant", "cat"]


@pytest.mark.parametrize("labels", [["a", "a\0"], [b"\1\0", b"\1"]])
def test_a_label_of_which_numpy_would_drop_the_end_is_refused(labels):
    with pytest.raises(InputError, match="NUL"):
        Alphabet.of(labels)


def test_a_label_too_long_to_be_read_again_is_refused():
    longest = Alphabet.of(["x" * 1024])
    assert Alphabet.unpack(longest.pack()).values.tolist() == longest.values.tolist()
    with pytest.raises(InputError, match="at most"):
        Alphabet.of(["x" * 1025])


@pytest.mark.parametrize("strange", [[7], ["a"], [-1]])
def test_a_label_outside_the_alphabet_is_named(strange):
    with pytest.raises(InputError, match="not among"):
        Alphabet.of(range(3)).indices(strange)


@pytest.mark.parametrize(
    "packed",
    [-1, 2**40, "abc", True, None, ["<i8", [2, 1]], ["<i8", [1, 1]], ["|O", [1]], ["<i8", ["a"]], ["<i8", 3],
     ["<U99999999", ["a"]], ["", []], [[], []], ["<f8", [float("nan")]], ["<i8", [[1], [2]]], ["<i1", [300]]],
)  # fmt: skip
def test_a_forged_alphabet_is_refused(packed):
    with pytest.raises(MessageError):
        Alphabet.unpack(packed)


@given(st.binary(max_size=40))
def test_bytes_that_are_no_alphabet_raise_nothing_else(data):
    with contextlib.suppress(MessageError):
        Alphabet.read(data)
