"""Label spreading: a few labels tell of clusters, by the graph's own formula, and alike at both ends."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from sklearn.datasets import make_circles, make_moons
from sklearn.neighbors import KNeighborsClassifier

import codelength as cl
from codelength.checkpoint import state_of
from codelength.codes.catalogue import learning
from codelength.learners.learner import done, learn_on
from codelength.learners.spreading import Graph, agreed

from ..made import digits, task_of

# of one picture: passes enough for a few steps
QUICK = cl.Recipe(passes=4.0, early=1.0, smallest_batch=16, shift=0.1, rotation=10.0)


def moons(n):
    x, y = make_moons(n, noise=0.06, random_state=0)
    return x.astype(np.float32), y


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_labels_are_handed_on_as_the_formula_says(keep):
    points = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    labels = np.arange(12) % 3
    squares = ((points[:, None].astype(np.float64) - points) ** 2).sum(axis=2)
    scale = np.sort(squares, axis=1)[:, 1:6].mean()  # of the five nearest others

    def weights(squares):
        near = squares <= np.sort(squares, axis=1)[:, 4:5]
        weights = np.where(near, np.exp(-4 * squares / scale), 0)
        return weights / weights.sum(axis=1, keepdims=True)

    others = weights(squares + np.diag(np.full(40, np.inf)))
    expected = own = np.concatenate((np.eye(3)[labels], np.zeros((28, 3)))) * (1 - keep)
    for _ in range(50):
        expected = own + keep * others @ expected
    graph = Graph(torch.from_numpy(points), 5)
    scores = graph.spread(torch.from_numpy(labels), 3, keep)
    np.testing.assert_allclose(scores, expected, rtol=1e-3, atol=1e-6)
    itself = graph.interpolate(torch.from_numpy(points), scores)  # the nearest to each is the point itself
    np.testing.assert_allclose(itself, weights(squares) @ expected, rtol=1e-3, atol=1e-6)


def test_a_few_labels_tell_the_others_of_their_clusters():
    x, y = make_circles(300, noise=0.03, factor=0.5, random_state=0)
    spread, nearest = cl.Spread(), cl.Refit(KNeighborsClassifier(1))
    bits = [
        cl.OnlineCode(cl.Calibrated(learner)).measure(x, y, classes=range(2)).ideal_bits
        for learner in (spread, nearest)
    ]
    assert bits[0] < 0.5 * bits[1]


def test_it_is_uniform_before_the_first_label_and_leaves_something_for_every_class():
    x, y = moons(30)
    predictor = cl.Spread().begin(task_of(x, classes=5))
    np.testing.assert_array_equal(predictor.predict(x[:4]), np.full((4, 5), 0.2))
    predictor.update(x[:10], y[:10])
    p = predictor.predict(x)
    assert p.sum(axis=1) == pytest.approx(1)
    np.testing.assert_allclose(p[:, 2:], 1 / 15)  # ten labels, and each of five classes once more


def test_labels_past_the_graph_change_nothing():
    x, y = moons(120)
    predictor = cl.Spread(reach=40).begin(task_of(x, classes=2))
    predictor.update(x[:40], y[:40])
    before = predictor.predict(x)
    predictor.update(x[40:], 1 - y[40:])
    np.testing.assert_array_equal(predictor.predict(x), before)
    with pytest.raises(cl.InputError, match="only 120"):
        predictor.update(x[:1], y[:1])


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_inputs_and_equal_ones_are_predicted(n):
    for x in (np.zeros((n, 3), np.float32), np.eye(n, 3, dtype=np.float32)):
        predictor = cl.Spread().begin(task_of(x, classes=3))
        predictor.update(x[:1], np.array([2]))
        p = predictor.predict(x)
        assert p.sum(axis=1) == pytest.approx(1)
        assert (p.argmax(axis=1) == 2)[0]


@pytest.mark.parametrize("n", [0, 1, 7, 5000])
def test_the_schedule_ends_at_n(n):
    ends = list(cl.Spread().schedule(n, 10))
    assert ends == sorted(set(ends))
    assert ends[-1:] == ([n] if n else [])


@pytest.mark.parametrize("learner", [cl.Spread(), cl.Spread("lenet-slim", QUICK)])
def test_a_message_decodes(learner):
    x, y = digits(150)
    message = cl.OnlineCode(learner).encode(x, y, classes=range(10))
    np.testing.assert_array_equal(cl.decode(bytes(message), x), y)
    assert message.ideal_bits < 0.8 * 150 * np.log2(10)


def test_it_goes_on_from_where_it_was_in_the_middle_of_the_training_and_after():
    x, y = digits(100)
    learner = cl.Spread("lenet-slim", dataclasses.replace(QUICK, passes=60.0))

    def at(labels, slices):
        predictor = learner.begin(task_of(x))
        for _ in range(slices):
            learn_on(predictor)
        if labels:
            predictor.update(x[:labels], y[:labels])
        return predictor

    for labels, slices in ((0, 1), (30, 0)):
        stopped, resumed = at(labels, slices), learner.begin(task_of(x))
        resumed.restore({name: np.array(kept) for name, kept in state_of(stopped).items()})
        for predictor in (stopped, resumed):
            predictor.update(x[labels : labels + 20], y[labels : labels + 20])
        np.testing.assert_array_equal(resumed.predict(x), stopped.predict(x))


def test_who_waits_is_told_how_far_the_training_has_come():
    x, _ = digits(100)
    contrasts = cl.Spread("lenet-slim", dataclasses.replace(QUICK, passes=60.0))
    replays = cl.Replay("shallow", cl.Recipe(passes=1.0, early=1.0))
    alone, beside = contrasts.begin(task_of(x)), cl.Switching((replays, contrasts)).begin(task_of(x))
    for predictor, ends in ((alone, 1.0), (beside, 0.97)):  # 6,000 examples of a few more than 6,100
        shares = [done(predictor)]
        while learn_on(predictor):
            shares.append(done(predictor))
        assert len(shares) > 2
        assert shares == sorted(set(shares))
        assert (shares[0], shares[-1]) == (0.0, pytest.approx(ends, abs=0.02))


def test_the_network_is_agreed_for_grey_pictures_alone():
    assert agreed((1, 28, 28)) == "lenet-5-bn"
    assert agreed((1, 8, 8)) is agreed((3, 32, 32)) is agreed((20,)) is None
    x, y = moons(20)
    with pytest.raises(cl.InputError, match="only pictures"):
        cl.OnlineCode(cl.Spread("mlp")).measure(x, y)
    with pytest.raises(cl.AgreementError, match="no-such-network"):
        cl.OnlineCode(cl.Spread("no-such-network")).measure(*digits(20))


def test_a_pool_with_it_has_all_threads_for_its_network():
    pool = learning("shallow+label-spreading")
    assert [learner.light for learner in pool.learners] == [False, True]
    assert pool.forget > 0 == learning("shallow+mlp").forget
    x, y = digits(120)
    message = cl.OnlineCode(pool).encode(x, y, classes=range(10))
    np.testing.assert_array_equal(cl.decode(bytes(message), x), y)
