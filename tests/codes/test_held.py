"""A Shannon code on a data set: what both ends hold is no way around paying for the rest."""

import dataclasses

import numpy as np
import pytest

from codelength.codes import shannon
from codelength.codes.held import Held, held_path, split
from codelength.codes.uniform import UniformCode
from codelength.data import DataSet
from codelength.errors import DataError, InputError, NumericsError, OtherInputsError
from codelength.learners.frequency import Frequency
from codelength.learners.replay import Replay
from codelength.numerics import surroundings
from codelength.results.experiment import Experiment, decode_file

from ..made import sample


@pytest.fixture
def data():
    x, y = sample(200)
    words = np.array(["ant", "bee", "caterpillar"])[y]
    return DataSet("words", x, words)


def test_the_alphabet_of_the_labels_to_be_sent_is_paid_for(data, tmp_path):
    message, held = Experiment(data, "shannon", "shallow").encode()
    assert message.header.classes is None
    assert message.payload.startswith(message.alphabet.to_bytes())
    first, _ = split(data.x, 0)
    assert set(held.alphabet.values) == set(data.y[first])  # nothing is known of the others

    path = tmp_path / "m.cl"
    message.save(path)
    held.save(held_path(path))
    labels, _ = decode_file(path, DataSet("words", data.x))
    np.testing.assert_array_equal(labels, data.y)


@pytest.mark.parametrize("where", ["held", "sent"])
def test_a_class_may_come_on_one_side_only(data, where, tmp_path):
    y = data.y.astype("<U20")
    first, rest = split(data.x, 0)
    y[(first if where == "held" else rest)[:3]] = "a long and lonely name"[:20]
    lonely = DataSet("words", data.x, y)
    message, held = Experiment(lonely, "shannon", "shallow").encode()
    path = tmp_path / "m.cl"
    message.save(path)
    held.save(held_path(path))
    labels, _ = decode_file(path, DataSet("words", data.x))
    np.testing.assert_array_equal(labels, y)


def test_bob_may_hold_both_parts_in_another_order(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 3
    message, held = Experiment(DataSet("d", x, y), "shannon", "shallow").encode()
    message.save(tmp_path / "m.cl")
    held.save(held_path(tmp_path / "m.cl"))
    labels, _ = decode_file(tmp_path / "m.cl", DataSet("d", x[::-1].copy()))
    np.testing.assert_array_equal(labels, y[::-1])


def test_held_labels_come_back(data, tmp_path):
    held = Held.of(Frequency(), data.x, data.y, seed=3)
    held.save(tmp_path / "m.held")
    read = Held.load(tmp_path / "m.held")
    np.testing.assert_array_equal(read.labels, held.labels)
    assert (read.learner, read.seed) == (Frequency(), 3)
    assert (read.numerics, read.surroundings) == (held.numerics, held.surroundings)


def test_held_labels_that_are_damaged_are_refused(data, tmp_path):
    path = tmp_path / "m.held"
    Held.of(Frequency(), data.x, data.y, seed=3).save(path)
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole.replace(b"ant", b"elk"), b"\xc0" + whole[1:]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="held labels"):
            Held.load(path)


@pytest.mark.parametrize(
    "forged", [{"indices": np.array(3)}, {"indices": np.array([5])}, {"seed": -1}, {"learner": UniformCode()}]
)
def test_forged_held_labels_are_refused(forged, data, tmp_path):
    held = Held.of(Frequency(), data.x, data.y, seed=3)
    dataclasses.replace(held, **forged).save(tmp_path / "m.held")
    with pytest.raises(DataError, match="held labels"):
        Held.load(tmp_path / "m.held")


@pytest.mark.parametrize("part", ["torch", "instructions"])
def test_a_model_of_other_floats_is_refused_before_it_is_fitted(part, data, monkeypatch):
    held = Held.of(Replay("shallow"), data.x, data.y, seed=0)
    monkeypatch.setattr(shannon, "OnlineCode", None)  # fitting would end here
    names = list(surroundings(held.learner.libraries))
    told = ["other" if name == part else said for name, said in zip(names, held.surroundings, strict=True)]
    other = dataclasses.replace(held, surroundings=tuple(told))
    with pytest.raises(NumericsError, match=f"{part} other there"):
        other.model(data.x, held.alphabet)


def test_a_model_is_fitted_with_as_many_threads_as_at_first(data, tmp_path):
    held = Held.of(Replay("shallow"), data.x, data.y, seed=0)
    more = dataclasses.replace(held, numerics=dataclasses.replace(held.numerics, threads=3))
    more.save(tmp_path / "m.held")
    counts = []

    class Counting(Replay):
        def begin(self, task):
            counts.append(task.numerics.threads)
            return super().begin(task)

    read = dataclasses.replace(Held.load(tmp_path / "m.held"), learner=Counting("shallow"))
    read.model(data.x, held.alphabet)(data.x[:5])
    assert counts[-1] == 3


def test_what_is_wrong_is_said_before_a_model_is_fitted(data, tmp_path, monkeypatch):
    experiment = Experiment(data, "shannon", "shallow")
    path = tmp_path / "m.cl"
    message, held = experiment.encode()
    message.save(path)
    held.save(held_path(path))
    monkeypatch.setattr("codelength.codes.held.fitted", None)
    with pytest.raises(InputError, match="auxiliary"):
        experiment.encode(auxiliary=b"that no Shannon code takes")
    with pytest.raises(OtherInputsError, match="not the same"):
        decode_file(path, DataSet("words", data.x + 1))
