"""Probing: what the labels cost given one representation or another, in the same orders."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.naive_bayes import GaussianNB

import codelength as cl

from ..made import Nearest, sample


def test_the_representation_that_tells_most_is_the_cheapest():
    x, y = sample(200)
    noise = np.random.default_rng(0).normal(size=(200, 3))
    found = cl.probe({"noise": noise, "said": x}, y, model=GaussianNB(), orders=2)
    assert found.best == "said"
    assert found.settled("said", "noise")


def test_a_small_network_probes_where_no_model_is_named():
    x, y = sample(60)
    found = cl.probe({"all": x, "last": x[:, 1:]}, y, orders=1)
    assert found.best == "all"


def test_representations_are_read_as_all_inputs_are():
    x, y = sample(60)
    words = np.array(["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen"])[x[:, 0]]
    frame = pd.DataFrame({"word": words, "number": x[:, 1]})
    one_hot = np.concatenate((np.eye(8)[x[:, 0]], x[:, 1:]), axis=1)
    read = {"table": frame, "array": one_hot, "list": x[:, 0].tolist(), "column": x[:, :1]}
    found = dict(zip((it := cl.probe(read, y, model=GaussianNB(), orders=1)).names, it.bits, strict=True))
    assert found["table"] == found["array"]
    assert found["list"] == found["column"]


def test_all_are_seen_in_the_same_orders_and_none_sees_the_others():
    x, y = sample(120)
    twice = cl.probe({"one": x, "same": x.astype(float)}, y, model=GaussianNB(), orders=2)
    np.testing.assert_array_equal(twice.bits[0], twice.bits[1])
    columns = cl.Columns(Nearest(), 1, 3)
    beside = np.concatenate((np.zeros((120, 1)), x, np.ones((120, 1))), axis=1)
    message = cl.OnlineCode(columns).encode(beside, y)
    np.testing.assert_array_equal(cl.decode(bytes(message), beside), y)
    changed = beside.copy()
    changed[:, [0, 3]] = 7.0
    seen = []
    for table in (beside, changed):
        predictor = columns.begin(cl.Task(table, np.arange(120), 3, 0, cl.numerics.Numerics(1)))
        predictor.update(table[:60], y[:60])
        seen.append(predictor.predict(table[60:]))
    np.testing.assert_array_equal(*seen)


def test_a_learner_of_columns_is_known_to_a_fresh_process(tmp_path):
    x, y = sample(60)
    cl.OnlineCode(cl.Columns(cl.Refit(GaussianNB()), 0, 1)).encode(x, y).save(tmp_path / "m.cl")
    np.save(tmp_path / "x.npy", x)
    bob = (
        "import numpy, codelength as cl; "
        "numpy.save('y.npy', cl.decode(open('m.cl', 'rb').read(), numpy.load('x.npy')))"
    )
    subprocess.run([sys.executable, "-c", bob], cwd=tmp_path, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), y)


def test_what_cannot_be_probed_is_refused():
    x, y = sample(30)
    for wrong, says in (
        ({"a": x}, "two representations or more"),
        ({}, "two representations or more"),
        ([x, x], "by name"),
        ({"a": x, "b": x[:20]}, "'a' has 30, 'b' has 20"),
        ({"a": x, "b": x.astype(str)}, "'b' cannot be used: .*dtype"),
        ({"a": x, "b": torch.zeros(30, 2, requires_grad=True)}, "'b' cannot be used: .*grad"),
        ({"a": x, "b": torch.zeros(30, 2, dtype=torch.bfloat16)}, "'b' cannot be used: .*BFloat16"),
    ):
        with pytest.raises(cl.InputError, match=says):
            cl.probe(wrong, y)
    with pytest.raises(cl.InputError, match="30 inputs need as many labels"):
        cl.probe({"a": x, "b": x}, y[:20])
    with pytest.raises(cl.AgreementError, match="no columns"):
        cl.Columns(Nearest(), 2, 2)
    with pytest.raises(cl.InputError, match="columns 0 to 5"):
        cl.OnlineCode(cl.Columns(Nearest(), 0, 5)).measure(x, y)
