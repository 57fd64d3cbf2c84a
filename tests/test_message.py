"""The bytes on the wire: damage is found, forgery is harmless, nothing is written over."""

import dataclasses
import functools
import hashlib

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codelength as cl
from codelength import agreement
from codelength.codes.session import Session
from codelength.message import DIGEST_BYTES, MAGIC, SEAL_BYTES, Message, seal_of
from codelength.numerics import Numerics
from codelength.results.inspection import described

from .made import Nearest, sample

X, Y = sample(200)
MESSAGE = cl.OnlineCode(Nearest()).encode(X, Y)
DATA = bytes(MESSAGE)


def redigested(data):
    """What a forger sends who knows how the outer digest is made."""
    body = data[:-DIGEST_BYTES]
    return body + hashlib.blake2b(body, digest_size=DIGEST_BYTES).digest()


def rewritten(header=None, payload=None, checks=None):
    """A message whose parts were changed by a forger; the seal is the old one."""
    body = [
        header if header is not None else MESSAGE.header.pack(),
        MESSAGE.payload if payload is None else payload,
        MESSAGE.checks if checks is None else checks,
    ]
    unsigned = MAGIC + b"\1" + msgpack.packb(body) + MESSAGE.seal
    return redigested(unsigned + bytes(DIGEST_BYTES))


def test_a_message_is_its_bytes():
    read = Message.from_bytes(DATA)
    assert bytes(read) == DATA
    assert (read.payload_bits, read.framing_bits) == (MESSAGE.payload_bits, MESSAGE.framing_bits)
    assert read.payload_bits + read.framing_bits == 8 * len(DATA)
    assert read.ratio == MESSAGE.ratio
    assert read.alphabet.values.tolist() == [0, 1, 2]
    assert rewritten() == DATA
    with pytest.raises(cl.InputError, match="came of encoding"):
        read.ideal_bits  # noqa: B018


@given(st.integers(0, 8 * len(DATA) - 1))
def test_every_flipped_bit_is_found(bit):
    damaged = bytearray(DATA)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(cl.MessageError):
        cl.decode(bytes(damaged), X)


@given(st.integers(0, len(DATA) - 1), st.binary(min_size=1, max_size=20))
def test_cut_and_lengthened_messages_are_found(length, more):
    for data in (DATA[:length], DATA + more, DATA[: length + 1] + DATA):
        with pytest.raises(cl.MessageError):
            cl.decode(data, X)


@given(st.binary(max_size=300))
def test_noise_is_no_message(data):
    for noise in (data, MAGIC + data, MAGIC + b"\1" + data, redigested(MAGIC + b"\1" + data + bytes(30))):
        with pytest.raises(cl.MessageError):
            cl.decode(noise, X)


def test_they_are_shown_in_a_line():
    assert repr(MESSAGE) == (
        f"<Message: 200 labels in {MESSAGE.payload_bits} bits, ratio {MESSAGE.ratio:.4f}; "
        f"{MESSAGE.framing_bits:,} bits of framing>"
    )
    assert "curve" not in repr(MESSAGE.measurement)
    assert len(repr(MESSAGE.measurement)) < 500
    assert len(repr(cl.receive(MESSAGE, X))) < 2000


def test_another_version_says_so():
    data = bytearray(DATA)
    data[len(MAGIC)] = 9
    with pytest.raises(cl.MessageError, match="format 9"):
        cl.decode(redigested(bytes(data)), X)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_forger_who_knows_the_digest_gets_no_wrong_labels(data):
    damaged = bytearray(DATA)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(DATA) - DIGEST_BYTES - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    try:
        labels = cl.decode(redigested(bytes(damaged)), X)
    except cl.CodelengthError:
        return
    assert bytes(damaged[:-DIGEST_BYTES]) == DATA[:-DIGEST_BYTES]
    np.testing.assert_array_equal(labels, Y)


def forged_headers():
    header = dataclasses.asdict(MESSAGE.header)
    changes = {
        "code": [
            {}, {"os.system": ["true"]}, {"online": [{"frequency": []}]}, {"test:nearest": []},
            {"uniform": []},
            {"online": [{"test:nearest": [], "block": 10**12}]}, {"online": [3]}, {"online": []},
            {"online": [{"replay": ["../../etc/passwd"]}]}, {"online": [{"refit": ["nobody"]}]},
            {"online": [{"refit": [{"classifier": ["os.system"]}]}]},
            {"online": [{"test:nearest": []}], "floor": 2.0}, {"online": [{"test:nearest": []}], "seed": -1},
            {"shannon": []}, [1, 2], None, "online", {b"uniform": []}, {"\x1b[31muniform": []},
            {"online": [functools.reduce(lambda inner, _: [inner], range(500), [])]},
        ],
        "n": [0, 1, 199, 201, 2**62, -1, 2.0, None],
        "classes": [0, 1, 2, 3, 10, 2**16, 2**62, -1, "x", ["<i8", [5, 6, 7]], ["<U1", ["a", "b", "c"]]],
        "inputs": [bytes(16), b"", b"x" * 17, None],
        "numerics": [[1], [2**40], ["2"], [1, "float16"], [1, 2, 3, 4], None],
        "surroundings": [["2.13.0"], [1], ["\0"], None, ["x"] * 10**4],
        "probe": [bytes(9), b"", b"12345678"],
    }  # fmt: skip
    for field, values in changes.items():
        for value in values:
            yield pytest.param(list((header | {field: value}).values()), id=f"{field}={value!r:.40}")


@pytest.mark.parametrize("header", list(forged_headers()))
def test_a_forged_header_is_one_clear_error(header):
    with pytest.raises(cl.CodelengthError) as raised:
        cl.decode(rewritten(header), X)
    assert str(raised.value)


@pytest.mark.parametrize(
    ("payload", "checks"),
    [(b"", None), (bytes(10**6), None), (b"\xc1" * 5, None), (None, b""), (None, bytes(16)),
     (None, bytes(17)), (MESSAGE.payload + b"\0", None), (MESSAGE.payload[:-1], None)],
)  # fmt: skip
def test_a_forged_payload_is_one_clear_error(payload, checks):
    with pytest.raises((cl.MessageError, cl.NumericsError)):
        cl.decode(rewritten(payload=payload, checks=checks), X)


def resealed(message, labels, **parts):
    """What a forger sends who knows the labels, too."""
    forged = dataclasses.replace(message, **parts)
    code = agreement.unpack(message.header.code)
    order = Session.begin(code, X[: len(labels)], 3, Numerics(1)).task.order
    indices = np.searchsorted(np.unique(labels), labels)[order]
    return bytes(dataclasses.replace(forged, seal=seal_of(forged.body, indices)))


def test_bytes_beside_the_labels_are_refused():
    plain = cl.UniformCode().encode(X, Y, classes=range(3))
    assert resealed(plain, Y) == bytes(plain)
    returned = dataclasses.replace(plain.header, returned=20)
    for parts, told in (
        ({"header": returned}, "gives none back"),
        ({"header": dataclasses.replace(returned, returned=2**40)}, "more bytes back"),
        ({"payload": plain.payload + b"xyz"}, "not what an encoder writes"),
        ({"payload": plain.payload + b"\0"}, "not what an encoder writes"),
        ({"checks": plain.checks + b"xy"}, "checks"),
    ):
        with pytest.raises(cl.MessageError, match=told):
            cl.decode(resealed(plain, Y, **parts), X)
    only = cl.UniformCode().encode(X[:9], np.zeros(9, int), classes=range(1))
    with pytest.raises(cl.MessageError, match="not in the alphabet"):
        cl.decode(resealed(only, np.zeros(9, int), payload=b"\xff" * 4), X[:9])


def test_what_a_header_names_does_nothing_to_a_terminal(tmp_path):
    for number, code in enumerate(({"online": ["\x1b[2J"]}, {"online": "\x1b[2J"})):
        header = dataclasses.replace(MESSAGE.header, code=code, classes=["<U4", ["\x1b[2J"]])
        forged = tmp_path / f"forged{number}.cl"
        forged.write_bytes(rewritten(header.pack()))
        told = dict(described(forged))
        assert told["code"] == r"online('\x1b[2J')"
        assert all(value.isprintable() for value in told.values())


def test_other_inputs_are_refused():
    changed = X.copy()
    changed[17, 1] += 1
    for other in (changed, X[:-1], X.astype(float), X[:, :1]):
        with pytest.raises(cl.OtherInputsError):
            cl.decode(DATA, other)


def test_nothing_is_written_over(tmp_path):
    path = tmp_path / "labels.cl"
    MESSAGE.save(path)
    assert path.read_bytes() == DATA
    assert bytes(Message.load(path)) == DATA
    with pytest.raises(cl.InputError, match="exists"):
        MESSAGE.save(path)
    with pytest.raises(cl.MessageError, match="cannot read"):
        Message.load(tmp_path / "none.cl")


def test_the_seal_is_64_bits_and_the_digest_128():
    assert (SEAL_BYTES, DIGEST_BYTES) == (8, 16)
    assert len(MESSAGE.seal) == 8
