"""The whole table: candidates for each row, the best of them decoded, nothing done twice."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import codelength as cl
from codelength import profile
from codelength.codes.catalogue import ONLINE
from codelength.data.source import Source
from codelength.message import Message
from codelength.results import sweep
from codelength.results.runs import Runs

from .conftest import CODES, MODELS


def test_each_row_has_the_candidates_that_can_serve_it(source):
    groups = sweep.planned([source], CODES, MODELS)
    assert [[job.model for job in group] for group in groups] == [
        [None],
        [None],
        list(MODELS),
        *[["shallow", "shallow-64"]] * 3,
    ]
    (switched,) = sweep.planned([source], ("online",), ("shallow+GaussianNB",))
    assert [job.model for job in switched] == ["shallow+GaussianNB"]
    agreed = sweep.planned([source], ("uniform", "online"))
    assert [[job.model for job in group] for group in agreed] == [[None], [ONLINE[0]]]
    assert all(job.among == () for group in agreed for job in group)
    with pytest.raises(cl.InputError, match="none of the models"):
        sweep.planned([source], ("online",), ("GaussianNB", "vgg-small"))


def test_a_model_that_is_named_serves_every_code_that_takes_one(source):
    codes = ("uniform", "frequency", "shannon", "online", "online:refit")
    for model in ("GaussianNB", "random-forest", "shallow"):
        groups = sweep.planned([source], codes, model=model)
        assert [[job.model for job in group] for group in groups] == [[None], [None], *[[model]] * 3]
        assert not any(job.among for group in groups for job in group)
    with pytest.raises(cl.AgreementError, match=r"'GaussianNB' is no network.*other codes"):
        sweep.planned([source], ("uniform", "two-part:float32"), model="GaussianNB")
    with pytest.raises(cl.InputError, match=r"'vgg-small' does not fit .* shape \(2,\)"):
        sweep.planned([source], ("online",), model="vgg-small")


def test_the_shortest_of_each_is_decoded_and_pays_for_the_choice(source, runs):
    best = list(sweep.swept(sweep.planned([source], CODES, MODELS), runs, []))
    assert [row["code"] for row in best] == list(CODES)
    everything = runs.all()
    assert len(everything) == 2 + 4 + 3 * 2
    for row in best:
        rivals = [other for other in everything if other["code"] == row["code"]]
        assert row["payload_bits"] == min(other["payload_bits"] for other in rivals)
        assert row["decoded"] is True
        assert row["choice_bits"] == np.log2(len(rivals))
        assert sum(other["decoded"] for other in rivals) == 1
        message = Message.load(runs.folder / row["message"])
        assert message.payload_bits == row["payload_bits"]


def test_decoded_means_that_the_second_process_has_alices_labels(source, tmp_path):
    data, path = source.load(), tmp_path / "m.cl"
    cl.UniformCode().encode(data.x, data.y).save(path)
    other = dataclasses.replace(data, y=np.roll(data.y, 1))
    found = [sweep.second_process(path, alices, source.arguments)["decoded"] for alices in (data, other)]
    assert found == [True, False]


def test_accuracies_are_those_of_what_bob_has(source, runs):
    data = source.load()
    (row,) = [each for each in runs.all() if each["code"] == "online:refit" and each["decoded"]]
    bob = cl.receive(Message.load(runs.folder / row["message"]), data.x)
    assert row["test_accuracy"] == (bob.predict(data.x_test) == data.y_test).mean() > 0.5
    assert row["sequential_accuracy"] == bob.measurement.sequential_accuracy


def test_what_is_done_is_not_done_again(source, runs, monkeypatch):
    def fail(*_):
        raise AssertionError("it was done already")

    monkeypatch.setattr(sweep, "encoded", fail)
    monkeypatch.setattr(sweep, "second_process", fail)
    said = []
    rows = list(sweep.swept(sweep.planned([source], CODES, MODELS), runs, [], say=said.append))
    assert len(rows) == len(CODES)
    assert said == ["12 of 12 runs are there already"]


def test_another_run_in_its_place_is_refused(source, runs):
    with pytest.raises(cl.InputError, match="another run"):
        list(sweep.swept(sweep.planned([source], ("online:refit",), MODELS[:2]), runs, []))


def test_a_run_of_other_labels_under_the_same_name_is_refused(source, tmp_path):
    kept = Runs(tmp_path / "runs").make()
    assert list(sweep.swept(sweep.planned([source], ("uniform",)), kept, []))
    with np.load(source.data) as arrays:
        np.savez(tmp_path / "few.npz", x=arrays["x"], y=arrays["y"][::-1])
    other = Source(str(tmp_path / "few.npz"))
    with pytest.raises(cl.InputError, match="another run"):
        list(sweep.swept(sweep.planned([other], ("uniform",)), kept, []))
    with pytest.raises(cl.InputError, match="the name few-uniform"):
        sweep.planned([source, other], ("uniform",))


def test_a_run_with_other_classes_agreed_is_another_run(source, tmp_path):
    kept = Runs(tmp_path / "runs").make()
    agreeing = [dataclasses.replace(source, classes=names) for names in ((), ("0", "1", "2"), tuple("0123"))]
    (row,) = sweep.swept(sweep.planned(agreeing[1:2], ("uniform",)), kept, [])
    assert (row["classes"], row["alphabet_bits"], row["decoded"]) == (3, 0, True)
    assert list(sweep.swept(sweep.planned(agreeing[1:2], ("uniform",)), kept, [])) == [row]
    for other in (agreeing[0], agreeing[2]):
        with pytest.raises(cl.InputError, match="another run"):
            list(sweep.swept(sweep.planned([other], ("uniform",)), kept, []))


def test_a_message_that_is_no_kept_run_is_left_alone(source, tmp_path):
    kept = Runs(tmp_path / "runs").make()
    mine = kept.message("few-uniform")
    mine.write_bytes(b"my own")
    with pytest.raises(cl.InputError, match="another run"):
        list(sweep.swept(sweep.planned([source], ("uniform",)), kept, []))
    assert mine.read_bytes() == b"my own"


def test_runs_at_once_come_to_the_same(source, runs, tmp_path):
    groups = sweep.planned([source], ("uniform", "frequency"))
    rows = list(sweep.swept(groups, Runs(tmp_path), [], jobs=2))
    alone = {row["code"]: row["payload_bits"] for row in runs.all()}
    assert {row["code"]: row["payload_bits"] for row in rows} == {
        code: alone[code] for code in ("uniform", "frequency")
    }
    assert all(row["decoded"] for row in rows)


def test_portable_runs_keep_their_threads_to_themselves(monkeypatch):
    monkeypatch.setattr(sweep, "cores", lambda: [0, 1, 2, 3, 4])
    monkeypatch.setattr(sweep, "_memory", lambda: 2**40)
    assert (sweep.at_once(1), sweep.at_once(64)) == (1, 5)
    for name, value in profile.VARIABLES.items():
        monkeypatch.setenv(name, value)
    assert sweep.at_once(64) == 5 // profile.THREADS


def test_both_ends_of_a_shannon_code_hold_one_model(source):
    few = sweep.planned([source], ("shannon",), ("shallow", "shallow-64", "GaussianNB"))
    agreed = sweep.planned([source], ("shannon",), ("shallow", "mlp", "shallow-64"))
    assert [[job.model for job in group] for group in few + agreed] == [["shallow-64"], ["mlp"]]


def test_a_candidate_that_fails_is_told_and_left_out(source, tmp_path):
    class Failing:
        def __init__(self):
            raise cl.InputError("it will not")

    cl.register("failing", Failing)
    said = []
    groups = sweep.planned([source], ("online:refit",), ("failing", "GaussianNB"))
    (row,) = sweep.swept(groups, Runs(tmp_path), [], say=said.append)
    assert row["model"] == "GaussianNB"
    assert any("it will not" in line for line in said)


def test_the_first_rows_alone(source, tmp_path):
    few = Source(source.data, first=50)
    assert few.load().name.endswith("-50")
    (row,) = sweep.swept(sweep.planned([few], ("frequency",)), Runs(tmp_path), [])
    assert (row["n"], row["decoded"]) == (50, True)


def test_an_unknown_budget_is_refused():
    assert sweep.budget("quick").first == 500
    with pytest.raises(cl.InputError, match="quick, paper or best"):
        sweep.budget("huge")
