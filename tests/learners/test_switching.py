"""Switching: weights against sums over all histories, and learners that keep their own blocks."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

import codelength as cl
from codelength import agreement
from codelength.codes.catalogue import learning
from codelength.entropy import above_zero
from codelength.learners.mixing import RULES, Pool, Weights
from codelength.numerics import Numerics

LEARNERS = (
    cl.Frequency(),
    cl.Calibrated(cl.Refit(KNeighborsClassifier(1), growth=0.5)),
    cl.Refit(GaussianNB()),
)

tables = st.integers(1, 5).flatmap(
    lambda n: st.lists(st.lists(st.floats(0.01, 1), min_size=2, max_size=2), min_size=n, max_size=n)
)


def blobs(n, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    return (3 * np.eye(3)[y] + rng.normal(size=(n, 3))).astype(np.float32), y


def codelength(rule, rate, table):
    """-log2 of the probability that a mixture gives to labels, to which learner k gave table[:, k]."""
    weights, bits = Weights(table.shape[1], rule, rate), 0.0
    for row in table:
        p = row[:, None, None]  # of one label of one class
        bits -= np.log2(weights.mix(p).item())
        weights.follow(p, np.zeros(1, np.int64))
    return bits


def over_histories(table, start, step):
    """The same by its definition: a sum over all sequences of states (learner, …)."""
    total = 0.0
    states = list(start)
    for path in itertools.product(states, repeat=len(table)):
        p = start[path[0]]
        for t, (before, after) in enumerate(itertools.pairwise(path), start=2):
            p *= step(t, before, after)
        total += p * np.prod([row[state[0]] for row, state in zip(table, path, strict=True)])
    return -np.log2(total)


@given(tables)
def test_bayes_is_the_mixture_of_whole_messages(rows):
    table = np.array(rows)
    assert codelength("bayes", 0.0, table) == pytest.approx(-np.log2(table.prod(axis=0).mean()), abs=1e-9)


@given(tables, st.floats(0, 0.5))
def test_fixed_share_is_a_sum_over_sequences(rows, rate):
    table = np.array(rows)
    start = {(0,): 0.5, (1,): 0.5}
    by_definition = over_histories(table, start, lambda t, a, b: rate / 2 + (1 - rate) * (a == b))
    assert codelength("fixed-share", rate, table) == pytest.approx(by_definition, abs=1e-9)


@given(tables)
def test_the_switch_distribution_is_a_sum_over_histories(rows):
    table = np.array(rows)

    def step(t, before, after):
        if before[1]:  # settled: stays as it is
            return float(before == after)
        stays = (1 - 1 / t) * (before == after)
        return stays + 1 / t * 1 / 2 * 1 / 2  # a switch: to either learner, and it is the last one or not

    start = {(k, settled): 0.25 for k in (0, 1) for settled in (False, True)}
    assert codelength("switch", 0.0, table) == pytest.approx(over_histories(table, start, step), abs=1e-9)


@given(st.integers(1, 3), st.integers(1, 30), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.5, 2.0]))
def test_a_pool_is_the_mixture_of_sharpened_means(count, n, seed, forget):
    rng = np.random.default_rng(seed)
    p, y = rng.dirichlet(np.ones(4), size=(count, n)), rng.integers(0, 4, n)
    quarters = [each for each in itertools.product(range(5), repeat=count) if sum(each) == 4]
    shares = np.array(quarters)[:, :, None, None] / 4
    roots = np.sum(np.sqrt(p) * shares, axis=1) ** 2
    means = np.concatenate([np.sum(p * shares, axis=1), roots, np.prod(p**shares, axis=1)])
    sharpened = np.concatenate([means, means**1.25, means**1.5])
    given = (sharpened / sharpened.sum(axis=2, keepdims=True))[:, np.arange(n), y]
    pool, bits = Pool(count, forget), 0.0
    for start in range(0, n, 7):
        block = slice(start, start + 7)
        mixed = pool.mix(p[:, block])
        assert mixed.sum(axis=1) == pytest.approx(1)
        bits -= np.log2(mixed[np.arange(len(mixed)), y[block]]).sum()
        pool.follow(p[:, block], y[block])
    # weights follow after each block, so that the sum is that of the blocks' means; the past counts less
    logs, expected = np.zeros(len(given)), 0.0
    for start in range(0, n, 7):
        block = given[:, start : start + 7]
        weights = np.exp(logs - np.logaddexp.reduce(logs))
        expected -= np.log2(weights @ block).sum()
        logs *= (start / (start + block.shape[1])) ** forget
        logs += np.log(block).sum(axis=1)
    assert bits == pytest.approx(expected, abs=1e-9)
    assert pool.shares().sum() == pytest.approx(1)


def test_a_pool_is_better_than_each_of_its_learners():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 500)
    p = np.exp(np.eye(3)[y] + rng.normal(size=(3, 500, 3)))  # each errs for reasons of its own
    p /= p.sum(axis=2, keepdims=True)
    pool, bits = Pool(3), 0.0
    for row in range(500):
        mixed = pool.mix(p[:, row : row + 1])
        bits -= np.log2(mixed[0, y[row]])
        pool.follow(p[:, row : row + 1], y[row : row + 1])
    alone = -np.log2(p[:, np.arange(500), y]).sum(axis=1)
    assert bits < 0.8 * alone.min()


def test_a_pool_that_forgets_follows_who_is_ahead_now():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 1000)
    good, bad = 0.1 + 0.7 * np.eye(3)[y], np.full((1000, 3), 1 / 3)
    early = np.arange(1000)[:, None] < 200
    p = np.stack((np.where(early, good, bad), np.where(early, bad, good)))
    bits = {}
    for forget in (0.0, 2.0):
        pool, bits[forget] = Pool(2, forget), 0.0
        for row in range(1000):
            bits[forget] -= np.log2(pool.mix(p[:, row : row + 1])[0, y[row]])
            pool.follow(p[:, row : row + 1], y[row : row + 1])
    assert bits[2.0] < bits[0.0] - 50


def test_average_never_learns():
    table = np.array([[0.9, 0.1]] * 20)
    assert codelength("average", 0.0, table) == pytest.approx(20)


@pytest.mark.parametrize("rule", RULES)
def test_a_message_decodes(rule):
    x, y = blobs(400)
    learner = cl.Switching(LEARNERS, rule)
    assert agreement.unpack(agreement.pack(learner)) == learner
    message = cl.OnlineCode(learner).encode(x, y, classes=range(3))
    np.testing.assert_array_equal(cl.decode(bytes(message), x), y)
    assert message.payload_bits <= message.ideal_bits + 64


def test_each_learner_predicts_what_it_would_alone():
    x, y = blobs(500)
    alone = [cl.OnlineCode(learner).measure(x, y, classes=range(3)).ideal_bits for learner in LEARNERS]
    for learner, bits in zip(LEARNERS, alone, strict=True):
        mixed = cl.OnlineCode(cl.Switching((learner,), "bayes")).measure(x, y, classes=range(3))
        ((_, found),) = (course[-1] for course in mixed.alone.values())
        assert found == pytest.approx(bits, rel=1e-9)
    mixture = cl.OnlineCode(cl.Switching(LEARNERS, "bayes")).measure(x, y, classes=range(3))
    assert mixture.ideal_bits < min(alone) + np.log2(3) + 1


def test_a_switch_takes_the_better_learner_at_each_time():
    x, y = blobs(600)
    y[300:] = 0  # a constant from here on: frequencies know it before naive Bayes unlearns the inputs
    learners = (cl.Frequency(), cl.Refit(GaussianNB()))
    order = np.arange(600)

    class InOrder:
        def __init__(self, learner):
            self.predictor = learner.begin(cl.Task(x, order, 3, 0, Numerics(1)))
            self.bits, start = 0.0, 0
            for end in learner.schedule(600, 3):
                p = above_zero(self.predictor.predict(x[start:end]), 2.0**-16)
                self.bits -= np.log2(p[np.arange(end - start), y[start:end]]).sum()
                self.predictor.update(x[start:end], y[start:end])
                start = end

    alone = [InOrder(learner).bits for learner in learners]
    switched = InOrder(cl.Switching(learners, "switch"))
    assert switched.bits < min(alone)
    assert switched.predictor.weights.sum() == pytest.approx(1)


def test_other_inputs_are_predicted_too():
    x, y = blobs(100)
    predictor = cl.Switching(LEARNERS).begin(cl.Task(x, np.arange(100), 3, 0, Numerics(1)))
    start = 0
    for end in cl.Switching(LEARNERS).schedule(100, 3):
        predictor.predict(x[start:end])
        predictor.update(x[start:end], y[start:end])
        start = end
    other, answers = blobs(200, seed=1)
    assert (predictor.predict(other).argmax(axis=1) == answers).mean() > 0.8


@pytest.mark.parametrize(("names", "share"), [(("shallow", "mlp"), 1), (("shallow", "mlp", "shallow-64"), 2)])
def test_networks_side_by_side_each_have_their_share_of_the_threads_and_in_turn_all(names, share):
    x, y = blobs(80)
    learners = (*map(cl.Replay, names), cl.Frequency())

    def predicted(learner, threads):
        numerics = Numerics(threads)
        predictor, start, parts = learner.begin(cl.Task(x, np.arange(80), 3, 0, numerics)), 0, []
        with numerics.enforced(learner.libraries):
            for end in learner.schedule(80, 3):
                parts.append(predictor.predict(x[start:end]))
                predictor.update(x[start:end], y[start:end])
                start = end
        return np.concatenate(parts)

    alone = [above_zero(predicted(learner, share), 2.0**-16) for learner in learners]
    together, count = predicted(cl.Switching(learners, "average"), 2), len(learners)
    np.testing.assert_array_equal(
        together, np.einsum("k,kmc->mc", np.full(count, 1 / count), np.stack(alone))
    )


def test_a_pool_that_would_take_all_memory_is_refused():
    eight = cl.Switching((cl.Frequency(),) * 8, "pool")
    with pytest.raises(cl.AgreementError, match="takes at most 5,648 classes"):
        cl.OnlineCode(eight).measure(np.zeros(5), np.arange(5), classes=range(6000))


def test_nonsense_is_refused():
    with pytest.raises(cl.AgreementError, match="rule"):
        cl.Switching(LEARNERS, "best")
    with pytest.raises(cl.AgreementError, match="at most 8"):
        cl.Switching(9 * LEARNERS[:1], "pool")
    with pytest.raises(cl.AgreementError, match="only a pool"):
        cl.Switching(LEARNERS, "bayes", forget=1.0)
    with pytest.raises(cl.AgreementError, match="one learner"):
        cl.Switching(())
    with pytest.raises(cl.AgreementError, match="one learner"):
        cl.Switching((cl.Frequency(), "lenet"))


def test_learners_are_switched_between_by_name():
    switching = learning("shallow+GaussianNB+nearest-neighbours")
    assert isinstance(switching, cl.Switching)
    assert switching.learners == tuple(map(learning, ("shallow", "GaussianNB", "nearest-neighbours")))
    x, y = blobs(90)
    message = cl.OnlineCode(learning("GaussianNB+nearest-neighbours")).encode(x, y)
    np.testing.assert_array_equal(cl.decode(bytes(message), x), y)
    shares = message.measurement.shares
    assert [name.split(":")[0] for name in shares] == ["1", "2"]
    for (labels, one), (same, other) in zip(*shares.values(), strict=True):
        assert labels == same
        assert one + other == pytest.approx(1.0)


def test_a_mixture_tells_what_each_learner_would_have_taken_alone():
    x, y = blobs(120)
    learners = (cl.Frequency(), cl.Refit(GaussianNB()))
    mixed = cl.OnlineCode(cl.Switching(learners, "bayes")).measure(x, y, classes=range(3))
    for learner, course in zip(learners, mixed.alone.values(), strict=True):
        alone = cl.OnlineCode(learner).measure(x, y, classes=range(3))
        labels, bits = course[-1]
        assert labels == len(y)
        assert bits == pytest.approx(alone.ideal_bits, abs=0.01)
    best = min(course[-1][1] for course in mixed.alone.values())
    assert best - 0.01 < mixed.ideal_bits < best + 1.01  # log2 of two learners


@agreement.registered("test:listed")
@dataclasses.dataclass(frozen=True)
class Listed(cl.Frequency):
    """Its schedule is a list, as a user may write it."""

    def schedule(self, n, classes):
        return [*super().schedule(n, classes)]


def test_a_schedule_may_be_any_iterable():
    x, y = blobs(40)
    alike = [
        cl.OnlineCode(cl.Switching((learner, cl.Refit(GaussianNB())), "bayes")).measure(x, y).ideal_bits
        for learner in (cl.Frequency(), Listed())
    ]
    assert alike[0] == alike[1]


def test_whoever_forgets_to_wrap_a_classifier_is_told():
    bayes = GaussianNB()
    for wrong in (
        lambda: cl.OnlineCode(bayes),
        lambda: cl.Calibrated(bayes),
        lambda: cl.Columns(bayes, 0, 1),
        lambda: cl.Switching((cl.Frequency(), bayes)),
    ):
        with pytest.raises(cl.AgreementError, match=r"must be .*[Ll]earner.*; wrap a classifier in Refit\("):
            wrong()
