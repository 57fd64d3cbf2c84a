"""Codes by name: the models agreed for the inputs, and those that can serve."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB

import codelength as cl
from codelength.agreement import pack, worded
from codelength.codes.catalogue import BEST, ONLINE, USUAL, build, candidates
from codelength.learners.replay import Replay
from codelength.learners.switching import Switching


@pytest.mark.parametrize(
    ("shape", "agreed"),
    [
        ((5,), ONLINE[0]),
        ((8, 8), ONLINE[1]),
        ((28, 28), ONLINE[2]),
        ((32, 32, 3), ONLINE[3]),
        ((12, 12, 3), ONLINE[1]),
    ],
)
def test_the_online_code_has_a_model_agreed_for_the_inputs(shape, agreed):
    code, model = build("online", np.zeros((4, *shape), np.uint8))
    assert model == agreed
    assert isinstance(code.learner, Switching) == ("+" in agreed)
    assert "use=online" in worded(pack(code))


@pytest.mark.parametrize(
    ("shape", "agreed"), [*zip([(5,), (8, 8), (28, 28), (32, 32, 3)], BEST, strict=True)]
)
def test_the_best_online_code_is_a_pool_of_longer_trainings(shape, agreed):
    code, model = build("online:best", np.zeros((4, *shape), np.uint8))
    assert model == agreed
    networks = [one.learner for one in code.learner.learners if isinstance(one.learner, Replay)]
    assert networks
    assert all(network.use == "best" for network in networks)
    assert "online:best" not in USUAL


def test_a_code_by_its_name_is_the_one_of_the_command_line():
    x = np.zeros((4, 28, 28), np.uint8)
    assert cl.code("online", x, seed=3) == build("online", x, seed=3)[0]
    assert cl.code("online:refit", x, "lenet") == build("online:refit", x, "lenet")[0]


def test_a_code_by_its_name_takes_inputs_as_measuring_does():
    table = pd.DataFrame({"a": [1.5, 2.0], "b": ["ant", "bee"]})
    for x in ([[1.5], [2.0]], [1, 2], table):
        assert cl.code("online", x) == cl.code("online", np.zeros((2, 3)))
    with pytest.raises(cl.InputError, match="strings"):
        cl.code("online", np.array(["ant", "bee"]))
    with pytest.raises(cl.AgreementError, match=r"by its name here, not as GaussianNB; .*Refit"):
        cl.code("online", table, GaussianNB())


MODELS = "mlp-3, .*nearest-neighbours, random-forest, label-spreading, .*scikit-learn by its name, .*--plugin"


@pytest.mark.parametrize(
    ("code", "model", "says"),
    [
        ("online", "foo", f"'foo' is no model: .*{MODELS}.*with \\+ between"),
        ("online", "lenet,mlp", f"'lenet,mlp' is no model: .*{MODELS}.*with \\+ between"),
        ("online", "lenet+foo", "'foo' is no model"),
        ("online", "lenet+", "'' is no model"),
        ("online:refit", "foo", f"'foo' is no model: .*{MODELS}"),
        ("online:refit", "lenet+mlp", "'lenet\\+mlp' is not refitted"),
        ("online:refit", "label-spreading", "'label-spreading' is not refitted"),
        ("shannon", "foo", "'foo' is no model"),
        ("two-part:float32", "random-forest", "'random-forest' is no network.* other codes"),
        ("variational:bits-back", "foo", "'foo' is no network.*shallow-64, .*--plugin"),
        ("two-part:subspace", "my-classifier", "'my-classifier' is no network"),
        ("frequency", "mlp", "takes no model"),
    ],
)
def test_a_model_that_a_code_does_not_take_is_told_from_those_that_it_does(code, model, says):
    cl.register("my-classifier", GaussianNB)
    with pytest.raises(cl.AgreementError, match=says):
        cl.code(code, np.zeros((4, 8, 8)), model)


@pytest.mark.parametrize("shape", [(2, 32, 32), (4, 32, 32), (32, 32, 4)], ids=["two", "four", "four, last"])
def test_pictures_of_several_channels_are_photographs(shape):
    assert build("online", np.zeros((4, *shape), np.uint8))[1] == ONLINE[3]


def test_a_pool_serves_the_codes_that_send_no_model_and_where_all_of_it_fits():
    large, small = np.zeros((4, 32, 32, 3), np.uint8), np.zeros((4, 8, 8), np.uint8)
    assert candidates("online", large, ONLINE) == candidates("online:best", large, ONLINE) == ONLINE
    assert candidates("online", small, ONLINE) == ONLINE[:2]
    assert candidates("shannon", large, (*ONLINE, "lenet")) == ONLINE[3:]
    assert candidates("shannon", small, (*ONLINE, "lenet")) == ("lenet",)
    assert candidates("online:refit", large, ONLINE) == candidates("two-part:float32", large, ONLINE) == ()
    assert candidates("online", small, ("label-spreading", "random-forest")) == ("label-spreading",)
    assert candidates("online:refit", small, ("label-spreading", "random-forest")) == ("random-forest",)
