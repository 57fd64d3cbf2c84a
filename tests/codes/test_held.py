"""A Shannon code on a data set: what both ends hold is no way around paying for the rest."""

import numpy as np
import pytest

from codelength.codes.held import Held, split
from codelength.data import DataSet
from codelength.learners.frequency import Frequency
from codelength.results.experiment import Experiment, decode_file, held_path

from .conftest import sample


@pytest.fixture
def data():
    x, y = sample(200)
    words = np.array(["ant", "bee", "caterpillar"])[y]
    return DataSet("words", x, words)


def test_the_alphabet_of_the_labels_to_be_sent_is_paid_for(data, monkeypatch, tmp_path):
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


def test_held_labels_come_back(data, tmp_path):
    held = Held.of(Frequency(), data.x, data.y, seed=3)
    held.save(tmp_path / "m.held")
    read = Held.load(tmp_path / "m.held")
    np.testing.assert_array_equal(read.labels, held.labels)
    assert (read.learner, read.seed) == (Frequency(), 3)
