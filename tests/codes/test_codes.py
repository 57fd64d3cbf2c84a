"""Every code: what goes in comes out, the bits are the formula, bad input is refused before any work."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import codelength as cl
from codelength.codes.online import bounded
from codelength.entropy import above_zero

from ..made import Nearest, sample

QUICK = cl.Recipe(passes=1.0, early=1.0)


def model(x):
    """An agreed model of three classes."""
    p = np.full((len(x), 3), 0.1)
    p[np.arange(len(x)), x[:, 0] % 3] = 0.8
    return p


CODES = {
    "uniform": (cl.UniformCode(), None),
    "frequency": (cl.OnlineCode(cl.Frequency()), None),
    "shannon": (cl.ShannonCode(model), model),
    "huffman": (cl.HuffmanCode(model), model),
    "online": (cl.OnlineCode(Nearest()), None),
    "calibrated": (cl.OnlineCode(cl.Calibrated(Nearest()), seed=3), None),
    "refit": (cl.OnlineCode(cl.Refit(GaussianNB())), None),
    "pipeline": (cl.OnlineCode(cl.Refit(make_pipeline(StandardScaler(), LogisticRegression(C=0.5)))), None),
}


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("n", [0, 1, 2, 57, 300])
def test_round_trip(name, n):
    code, agreed = CODES[name]
    x, y = sample(n)
    message = code.encode(x, y, classes=range(3))
    labels = cl.decode(bytes(message), x, model=agreed)
    np.testing.assert_array_equal(labels, y)
    assert labels.dtype == np.int64
    whole = n if name == "huffman" else 0  # of a bit a label, at most
    assert message.payload_bits <= message.ideal_bits + whole + 64 + 0.001 * message.ideal_bits
    assert message.payload_bits >= (n if whole else message.ideal_bits - 64 - 0.001 * message.ideal_bits)
    measured = code.measure(x, y, classes=range(3))
    assert measured.ideal_bits == message.ideal_bits
    assert cl.receive(message, x, model=agreed).measurement.ideal_bits == message.ideal_bits


@pytest.mark.parametrize("name", ["uniform", "frequency", "online", "refit"])
@given(
    st.one_of(
        st.lists(st.integers(-3, 3), max_size=40),
        st.lists(st.sampled_from(["ant", "bee", "élan"]), max_size=40),
        st.lists(st.booleans(), max_size=40),
        st.lists(st.just("only"), max_size=20),
    )
)
@settings(max_examples=30, deadline=None)
def test_any_labels_come_back_as_they_went_in(name, labels):
    code, _ = CODES[name]
    x = np.arange(2 * len(labels)).reshape(-1, 2) % 7
    y = np.array(labels) if labels else np.zeros(0, dtype=np.int64)
    message = code.encode(x, y)
    back = cl.decode(message, x)
    assert back.dtype == y.dtype
    np.testing.assert_array_equal(back, y)


@pytest.mark.parametrize("name", ["uniform", "frequency", "online", "refit"])
def test_classes_never_seen_and_one_class_only(name):
    code, _ = CODES[name]
    x, _ = sample(90)
    y = np.full(90, 4)
    np.testing.assert_array_equal(cl.decode(code.encode(x, y, classes=range(10)), x), y)
    alone = code.encode(x, y)
    np.testing.assert_array_equal(cl.decode(alone, x), y)
    assert alone.alphabet.values.tolist() == [4]
    assert alone.payload_bits <= 8 * (len(alone.alphabet.to_bytes()) + 2)


def test_the_alphabet_travels_and_is_counted():
    x, y = sample(100)
    agreed = cl.UniformCode().encode(x, y, classes=range(3))
    told = cl.UniformCode().encode(x, y)
    assert told.payload_bits == agreed.payload_bits + 8  # the number of classes, in one byte
    assert told.ideal_bits == agreed.ideal_bits + 8
    words = np.array(["x", "yy", "zzz"])[y]
    message = cl.UniformCode().encode(x, words)
    assert message.payload_bits > told.payload_bits
    np.testing.assert_array_equal(cl.decode(message, x), words)


def test_uniform_is_n_log2_k():
    x, y = sample(300)
    message = cl.UniformCode().encode(x, y, classes=range(3))
    np.testing.assert_allclose(message.ideal_bits, 300 * np.log2(3), rtol=1e-14)
    assert abs(message.payload_bits - 300 * np.log2(3)) < 9
    assert message.ratio == pytest.approx(message.payload_bits / (300 * np.log2(3)))
    assert message.ratio_with_framing == pytest.approx(8 * len(bytes(message)) / (300 * np.log2(3)))
    assert message.kbits == message.payload_bits / 1000


@pytest.mark.parametrize(("n", "within"), [(96, 1e-4), (5000, 1.0)])
def test_frequency_is_krichevsky_trofimov(n, within):
    """To the bit; while blocks are of one label, for 32 K labels, but for a trace of the uniform one."""
    x, y = sample(n)
    counts = np.bincount(y, minlength=3)
    log_p = gammaln(counts + 0.5).sum() - 3 * gammaln(0.5) + gammaln(1.5) - gammaln(n + 1.5)
    measured = cl.OnlineCode(cl.Frequency(), floor=1e-12).measure(x, y, classes=range(3))
    np.testing.assert_allclose(measured.ideal_bits, -log_p / np.log(2), rtol=0, atol=within)


def test_shannon_is_the_cross_entropy():
    x, y = sample(200)
    code = cl.ShannonCode(model)
    p = (1 - code.floor) * model(x) + code.floor / 3
    message = code.encode(x, y, classes=range(3))
    np.testing.assert_allclose(message.ideal_bits, -np.log2(p[np.arange(200), y]).sum(), rtol=1e-13)
    rows = cl.ShannonCode(model(x)).encode(x, y, classes=range(3))  # the same model as an array
    assert rows.payload == message.payload
    np.testing.assert_array_equal(cl.decode(rows, x, model=model(x)), y)


def test_huffman_pays_a_bit_a_label_at_least():
    x, y = sample(200)
    huffman = cl.HuffmanCode(model).encode(x, y, classes=range(3))
    assert huffman.payload_bits >= 200
    assert huffman.ideal_bits == cl.ShannonCode(model).measure(x, y, classes=range(3)).ideal_bits


@pytest.mark.parametrize(("classes", "floor"), [(2, 1e-12), (300, 2.0**-16), (1000, 2.0**-16)])
def test_labels_of_a_model_that_is_sure_and_wrong_cost_what_the_formula_says(classes, floor):
    y = np.random.default_rng(0).integers(0, classes, 2000)
    sure = np.where(np.arange(2000) % 10, y, (y + 1) % classes)  # wrong once in ten times
    code = cl.ShannonCode(np.eye(classes)[sure], floor=floor)
    message = code.encode(np.arange(2000.0), y, classes=range(classes))
    assert message.payload_bits == pytest.approx(message.ideal_bits, rel=5e-3)


def test_how_long_a_payload_is_tells_nothing():
    for classes, positives in ((10, 0), (10, 9), (2, 3)):
        y = np.zeros(10_000, np.int64)
        y[:positives] = 1
        message = cl.UniformCode().encode(np.arange(10_000.0), y, classes=range(classes))
        assert abs(message.payload_bits - 10_000 * np.log2(classes)) <= 64


def test_online_is_the_sum_over_the_past():
    x, y = sample(60)
    code = cl.OnlineCode(Nearest(block=1), seed=5)
    seen = []
    message = code.encode(x, y, classes=range(3), progress=lambda account: seen.append(account.bits))
    counts, expected = np.ones((8, 3)), 0.0
    order = cl.codes.session.Session.begin(code, x, 3, cl.numerics.Numerics(1)).task.order
    for i in order:
        row = counts[x[i, 0]]
        expected -= np.log2(above_zero(row[None] / row.sum(), code.floor)[0, y[i]])
        row[y[i]] += 1
    np.testing.assert_allclose(message.ideal_bits, expected, rtol=1e-13)
    assert sorted(set(seen)) == list(dict.fromkeys(seen)) == message.curve[:, 1].tolist()
    assert message.curve[-1].tolist() == [60, message.ideal_bits]


def test_first_block_of_a_learner_that_knows_nothing_costs_log2_k():
    x, y = sample(8)
    measured = cl.OnlineCode(Nearest(block=8), floor=1e-12).measure(x, y, classes=range(3))
    np.testing.assert_allclose(measured.ideal_bits, 8 * np.log2(3))


@pytest.mark.parametrize("make", [np.asarray, np.ndarray.tolist, pd.DataFrame])
def test_arrays_lists_and_frames_are_the_same_inputs(make):
    x, y = sample(50)
    x = x.astype(float)  # as a frame's columns are
    message = cl.OnlineCode(Nearest()).encode(make(x), pd.Series(y))
    np.testing.assert_array_equal(cl.decode(message, x), y)


LEARNED = [
    cl.OnlineCode(Nearest()),
    cl.OnlineCode(cl.Refit(GaussianNB())),
    cl.OnlineCode(cl.Replay("shallow", QUICK)),
    cl.TwoPartCode("shallow", cl.Floats(), QUICK),
    cl.BitsBackCode("shallow", QUICK),
]


@pytest.mark.parametrize("code", LEARNED, ids=repr)
def test_bob_may_hold_the_inputs_in_another_order(code):
    random = np.random.default_rng(0)
    x, y, shuffled = random.normal(size=(60, 3)), np.arange(60) % 4, random.permutation(60)
    np.testing.assert_array_equal(cl.decode(code.encode(x, y), x[shuffled]), y[shuffled])


@pytest.mark.parametrize("code", LEARNED[1:], ids=repr)
def test_other_floats_are_found_out_before_the_first_label(code):
    x, y = sample(60)
    message, heard = code.encode(x, y, classes=range(3)), []
    others = ["0.1", *message.header.surroundings[1:]]
    for change, says in (
        ({"probe": bytes(8)}, "probe differs"),
        ({"surroundings": others}, "numpy 0.1 there"),
    ):
        header = dataclasses.replace(message.header, **change)
        with pytest.raises(cl.NumericsError, match=says):
            cl.receive(dataclasses.replace(message, header=header), x, progress=heard.append)
    assert not heard


def test_bob_computes_with_as_many_threads_as_alice(monkeypatch):
    x, y = sample(40)
    monkeypatch.setattr("codelength.numerics.cores", lambda: [0, 1, 2])
    message = cl.OnlineCode(cl.Replay("shallow", QUICK)).encode(x, y)
    monkeypatch.setattr("codelength.numerics.cores", lambda: [0])
    threads = set()
    cl.receive(message, x, progress=lambda _: threads.add(torch.get_num_threads()))
    assert threads == {3}


def test_how_probabilities_lie_in_memory_does_not_matter():
    x, y = sample(300)
    p = np.full((300, 3), 0.01)
    p[np.arange(300), y] = 0.98
    payloads = set()
    for laid_out in (p, np.asfortranarray(p), np.repeat(p, 2, axis=1)[:, ::2]):
        message = cl.ShannonCode(laid_out).encode(x, y, classes=range(3))
        assert message.payload_bits <= message.ideal_bits * 1.001 + 64
        payloads.add(message.payload)
    assert len(payloads) == 1


def test_bob_can_predict_what_he_has_learned():
    x, y = sample(300)
    message = cl.OnlineCode(Nearest()).encode(x, y)
    assert (cl.receive(message, x).predict(x) == y).mean() > 0.8
    assert cl.receive(message, x, predicts=False).predict(x) is None
    assert cl.receive(cl.UniformCode().encode(x, y), x).predict(x) is None


def test_bob_reads_other_tables_as_he_read_the_first():
    table = pd.DataFrame({"k": ["a", "b"] * 50, "z": np.arange(100.0)})
    y = np.where(table["k"] == "b", "yes", "no")
    received = cl.receive(cl.OnlineCode(cl.Refit(DecisionTreeClassifier())).encode(table, y), table)
    assert received.predict(pd.DataFrame({"z": 0.0, "k": ["b", "b", "a"]})).tolist() == ["yes", "yes", "no"]
    assert received.predict(table[table["k"] == "b"]).tolist() == ["yes"] * 50
    with pytest.raises(cl.InputError, match="'k' holds 'c'"):
        received.predict(pd.DataFrame({"k": ["b", "b", "c", "c"], "z": 0.0}))


def test_a_fitted_model_reads_tables_as_it_was_fitted():
    table = pd.DataFrame({"k": ["a", "b", "c"] * 20, "z": np.arange(60.0)})
    y, learner = np.arange(60) % 3, cl.Refit(DecisionTreeClassifier())
    with pytest.raises(cl.InputError, match="'k': declare"):
        cl.fitted(learner, table[:30], y[:30], classes=range(3))
    table = table.astype({"k": "category"})
    model = cl.fitted(learner, table[:30], y[:30], classes=range(3))
    assert model(table[["z", "k"]]).argmax(axis=1).tolist() == y.tolist()
    assert model([[1, 0, 0, 5]]).argmax() == 0
    message = cl.ShannonCode(model).encode(table[30:], y[30:], classes=range(3))
    assert cl.decode(message, table[30:], model=model).tolist() == y[30:].tolist()


def test_what_is_fitted_is_a_learner():
    with pytest.raises(cl.InputError, match=r"not GaussianNB: wrap a classifier, Refit"):
        cl.fitted(GaussianNB(), [[0]], [0], classes=range(2))


def test_a_fitted_model_is_the_same_at_both_ends():
    x, y = sample(200)
    models = [cl.fitted(cl.Refit(GaussianNB()), x[:50], y[:50], classes=range(3)) for _ in "ab"]
    message = cl.ShannonCode(models[0]).encode(x[50:], y[50:], classes=range(3))
    np.testing.assert_array_equal(cl.decode(message, x[50:], model=models[1]), y[50:])
    with pytest.raises(cl.NumericsError, match="probe differs"):
        cl.decode(message, x[50:], model=model)


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        (np.zeros((3, 2)), [0, 1], "as many labels"),
        (np.zeros((2, 2)), [[0, 1], [1, 0]], "one value an input"),
        (np.array([[np.nan], [1.0]]), [0, 1], "NaN"),
        (np.array([["a"], ["b"]]), [0, 1], "dtype"),
        (np.zeros((2, 2)), [0, 7], "not among"),
        (np.zeros((2, 2)), ["a", "b"], "not among"),
        (np.zeros((2, 2)), [0.5, float("nan")], "NaN"),
        (3, [0], "single number"),
    ],
)
def test_inputs_and_labels_that_cannot_be_used_are_refused(x, y, says):
    with pytest.raises(cl.InputError, match=says):
        cl.OnlineCode(Nearest()).encode(x, y, classes=range(3))


@pytest.mark.parametrize(
    "bad",
    [
        lambda x: np.ones(len(x)),
        lambda x: np.ones((len(x), 2)),
        lambda x: np.ones((len(x), 3)),
        np.ones((1, 3)),
    ],
)
def test_a_model_that_gives_no_probabilities_is_refused(bad):
    x, y = sample(20)
    with pytest.raises(cl.InputError):
        cl.ShannonCode(bad).encode(x, y, classes=range(3))


def test_a_shannon_code_wants_its_model_at_both_ends():
    x, y = sample(20)
    with pytest.raises(cl.InputError, match="both ends hold"):
        cl.ShannonCode().encode(x, y)
    message = cl.ShannonCode(model).encode(x, y, classes=range(3))
    with pytest.raises(cl.InputError, match="both ends hold"):
        cl.decode(message, x)
    with pytest.raises(cl.InputError, match="takes no model"):
        cl.decode(cl.UniformCode().encode(x, y), x, model=model)


@given(st.lists(st.integers(1, 50), max_size=10), st.integers(1, 20))
def test_large_blocks_are_split(sizes, most):
    ends = np.cumsum(sizes, dtype=int).tolist()
    split = list(bounded(ends, most))
    assert set(ends) <= set(split)
    assert all(0 < size <= most for size in np.diff([0, *split]))


def test_many_classes_take_bounded_memory():
    x, y = np.arange(60)[:, None], np.arange(60) * 1000
    message = cl.OnlineCode(cl.Frequency()).encode(x, y, classes=range(65536))
    np.testing.assert_array_equal(cl.decode(message, x), y)
    assert message.payload_bits > 60 * 15
    x, y = np.arange(300)[:, None], np.arange(300) * 200
    measured = cl.OnlineCode(Nearest(block=300)).measure(x, y, classes=range(65536))
    assert np.diff(measured.curve[:, 0], prepend=0).max() * 65536 * 8 <= 2**25  # bytes of a block
