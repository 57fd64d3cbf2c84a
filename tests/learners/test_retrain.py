"""Retrain: the paper's blocks, from scratch each time, and the same at both ends to the last bit."""

import itertools

import numpy as np
import pytest

import codelength as cl
from codelength import agreement
from codelength.codes.catalogue import build
from codelength.learners.learner import done, learn_on
from codelength.learners.retrain import Retrain

from ..made import digits, task_of

QUICK = cl.Recipe(passes=10.0, early=1.0, label_smoothing=0.1)


@pytest.mark.parametrize(
    ("first", "n", "last"), [(8, 60_000, 32_768), (10, 50_000, 40_960), (8, 32_768, 16_384)]
)
def test_the_blocks_are_the_papers(first, n, last):
    trainings = Retrain("mlp", first=first).trainings(n)
    assert trainings[0] == first
    assert trainings[-1] == last
    assert all(after == 2 * before for before, after in itertools.pairwise(trainings))
    assert set(trainings) < set(Retrain("mlp", first=first).schedule(n, 10))


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 100, 5000])
def test_the_schedule_ends_at_n(n):
    ends = list(Retrain("mlp").schedule(n, 10))
    assert ends == sorted(set(ends))
    assert ends[-1:] == ([n] if n else [])


def test_the_first_block_is_uniform_and_the_network_learns():
    x, y = digits(600)
    message = cl.OnlineCode(Retrain("lenet", QUICK)).measure(x, y, classes=range(10))
    assert message.curve[0][1] == pytest.approx(8 * np.log2(10))
    assert message.ideal_bits < 0.5 * 600 * np.log2(10)


def test_each_training_starts_from_scratch_and_knows_its_past_alone():
    x, y = digits(120)
    predictions = []
    for _ in range(2):
        predictor = Retrain("mlp", QUICK).begin(task_of(x))
        predictor.update(x[:64], y[:64])
        predictions.append(predictor.predict(x[64:]))
    stepwise = Retrain("mlp", QUICK).begin(task_of(x))
    for start, end in ((0, 8), (8, 16), (16, 32), (32, 64)):
        stepwise.update(x[start:end], y[start:end])
        stepwise.predict(x[64:])
    predictions.append(stepwise.predict(x[64:]))
    stepwise.update(x[64:100], y[64:100])  # short of the next training: nothing changes
    predictions.append(stepwise.predict(x[64:]))
    assert all((p == predictions[0]).all() for p in predictions)
    changed = Retrain("mlp", QUICK).begin(task_of(x))
    changed.update(x[:64], np.append((y[:32] + 1) % 10, y[32:64]))  # another past
    assert (changed.predict(x[64:]) != predictions[0]).any()


def test_a_training_is_finished_before_anything_is_predicted():
    x, y = digits(100)
    patient, hasty = (Retrain("mlp", QUICK).begin(task_of(x)) for _ in range(2))
    for predictor in (patient, hasty):
        predictor.update(x[:64], y[:64])
    shares = [done(patient)]
    while learn_on(patient):
        shares.append(done(patient))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert (patient.predict(x) == hasty.predict(x)).all()


def test_a_message_decodes_and_the_learner_travels():
    x, y = digits(150)
    learner = cl.Calibrated(Retrain("lenet", QUICK, growth=0.5, first=20))
    assert agreement.unpack(agreement.pack(learner)) == learner
    message = cl.OnlineCode(learner).encode(x, y, classes=range(10))
    np.testing.assert_array_equal(cl.decode(bytes(message), x), y)


def test_the_catalogue_retrains_networks_and_refits_classifiers():
    code, model = build("online:refit", np.zeros((5, 3, 32, 32), np.uint8))
    assert (model, code.learner.learner) == ("vgg-small", Retrain("vgg-small", first=10))
    code, model = build("online:refit", np.zeros((5, 28, 28), np.uint8))
    assert (model, code.learner.learner) == ("lenet", Retrain("lenet"))
    code, _ = build("online:refit", np.zeros((5, 28, 28), np.uint8), "LogisticRegression")
    assert isinstance(code.learner.learner, cl.Refit)


def test_more_labels_than_inputs_are_refused():
    x, y = digits(20)
    predictor = Retrain("mlp", QUICK).begin(task_of(x[:10]))
    with pytest.raises(cl.InputError, match="10 inputs"):
        predictor.update(x, y)
