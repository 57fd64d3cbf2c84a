"""A run that is killed goes on, and ends in the same bytes and labels."""

import dataclasses
import os

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

import codelength as cl
from codelength import checkpoint as checkpoints
from codelength.codes.held import held_path
from codelength.codes.two_part import TwoPartCode
from codelength.compression.deep import DeepCompression
from codelength.compression.floats import Floats
from codelength.compression.subspace import Subspace
from codelength.data import DataSet
from codelength.learners.frequency import Counting
from codelength.results.experiment import Experiment, decode_file

from .made import sample

X, Y = sample(300)
CODES = {
    "frequency": cl.OnlineCode(cl.Frequency()),
    "refit": cl.OnlineCode(cl.Refit(GaussianNB())),
    "calibrated": cl.OnlineCode(cl.Calibrated(cl.Refit(GaussianNB()))),
    "switching": cl.OnlineCode(
        cl.Switching((cl.Frequency(), cl.Calibrated(cl.Refit(GaussianNB(), growth=1.0))), "switch")
    ),
    "retrain": cl.OnlineCode(cl.Calibrated(cl.Retrain("mlp", cl.Recipe(passes=2.0, early=1.0)))),
    "replay": cl.OnlineCode(cl.Calibrated(cl.Replay("mlp", cl.Recipe(passes=1.0, early=1.0)))),
}


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def killing(after):
    def progress(account):
        if account.labels >= after:
            raise Killed

    return progress


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(checkpoints, "_SECONDS", 0.0)
    monkeypatch.setattr(checkpoints, "_SHARE", 1e9)


@pytest.mark.parametrize("name", CODES)
def test_alice_goes_on_where_she_was_killed(name, tmp_path):
    whole = CODES[name].encode(X, Y)
    path = tmp_path / "run.part"
    for after in (100, 200):
        with pytest.raises(Killed):
            CODES[name].encode(X, Y, checkpoint=cl.Checkpoint(path, resume=True), progress=killing(after))
        assert path.exists()
    message = CODES[name].encode(X, Y, checkpoint=cl.Checkpoint(path, resume=True))
    assert bytes(message) == bytes(whole)
    np.testing.assert_array_equal(message.curve, whole.curve)
    assert message.measurement.alone == whole.measurement.alone
    assert message.measurement.shares == whole.measurement.shares


@pytest.mark.parametrize("name", CODES)
def test_bob_goes_on_where_he_was_killed(name, tmp_path):
    message = CODES[name].encode(X, Y)
    path = tmp_path / "run.part"
    with pytest.raises(Killed):
        cl.receive(message, X, checkpoint=cl.Checkpoint(path, resume=False), progress=killing(150))
    received = cl.receive(message, X, checkpoint=cl.Checkpoint(path, resume=True))
    np.testing.assert_array_equal(received.labels, Y)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_a_network_of_pictures_trains_on_as_if_it_had_not_stopped(optimizer, tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (120, 8, 8), dtype=np.uint8)
    y = pictures[:, 4, 4] // 86
    recipe = cl.Recipe(passes=2.0, early=1.0, optimizer=optimizer, networks=2, rotation=10.0, focus=0.5)
    code = cl.OnlineCode(cl.Replay("lenet", recipe))
    path = tmp_path / "run.part"
    with pytest.raises(Killed):
        code.encode(pictures, y, checkpoint=cl.Checkpoint(path, resume=False), progress=killing(70))
    message = code.encode(pictures, y, checkpoint=cl.Checkpoint(path, resume=True))
    assert bytes(message) == bytes(code.encode(pictures, y))


def test_a_finish_goes_on_in_the_middle(tmp_path, monkeypatch):
    monkeypatch.setattr("codelength.training.course._SLICE", 64)
    learner = cl.Replay("mlp", cl.Recipe(passes=1.0, early=1.0, finish=10.0, networks=2))
    message = cl.OnlineCode(learner).encode(X, Y)
    path = tmp_path / "run.part"

    def killed_in_the_finish(account):
        if account.labels == len(Y) and account.work > 0.5:
            raise Killed

    with pytest.raises(Killed):
        cl.receive(message, X, checkpoint=cl.Checkpoint(path, resume=False), progress=killed_in_the_finish)
    works = []
    resumed = cl.receive(
        message,
        X,
        checkpoint=cl.Checkpoint(path, resume=True),
        progress=lambda account: works.append(account.work),
    )
    assert min(work for work in works if work is not None) > 0.4
    np.testing.assert_array_equal(resumed.labels, Y)
    others = 3 * np.random.default_rng(1).standard_normal((500, X.shape[1]))
    np.testing.assert_array_equal(resumed.predict(others), cl.receive(message, X).predict(others))


def test_the_fit_of_a_model_that_both_ends_hold_goes_on(tmp_path):
    """Most of the work of a Shannon code on pictures."""
    experiment = Experiment(DataSet("three", *sample(2000)), "shannon", "mlp")
    whole, _ = experiment.encode()
    path = tmp_path / "run.part"

    def killed_in_the_fit(account):
        if account.what == "held labels" and account.labels >= 100:
            raise Killed

    with pytest.raises(Killed):
        experiment.encode(killed_in_the_fit, cl.Checkpoint(path, resume=False))
    seen = []
    message, held = experiment.encode(
        lambda account: seen.append((account.what, account.labels)), cl.Checkpoint(path, resume=True)
    )
    assert bytes(message) == bytes(whole)
    assert ("held labels", 200) in seen
    assert ("labels", 1800) in seen

    message.save(tmp_path / "m.cl")
    held.save(held_path(tmp_path / "m.cl"))
    for left in tmp_path.glob("run.part*"):
        left.unlink()
    bob = DataSet("three", experiment.data.x)
    with pytest.raises(Killed):
        decode_file(tmp_path / "m.cl", bob, killed_in_the_fit, cl.Checkpoint(path, resume=False))
    labels, _ = decode_file(tmp_path / "m.cl", bob, checkpoint=cl.Checkpoint(path, resume=True))
    np.testing.assert_array_equal(labels, experiment.data.y)


def test_a_long_training_goes_on_in_the_middle(tmp_path, monkeypatch):
    monkeypatch.setattr("codelength.training.course._SLICE", 64)
    code = cl.OnlineCode(cl.Retrain("mlp", cl.Recipe(passes=10.0, early=1.0)))
    path = tmp_path / "run.part"

    def killed_in_training(account):
        if account.labels == 128 and account.work > 0.4:  # 128 of 256 labels' trainings, 8 to 128
            raise Killed

    with pytest.raises(Killed):
        code.encode(X, Y, checkpoint=cl.Checkpoint(path, resume=False), progress=killed_in_training)
    works = []
    message = code.encode(
        X, Y, checkpoint=cl.Checkpoint(path, resume=True), progress=lambda account: works.append(account.work)
    )
    trained = [work for work in works if work is not None]
    assert min(trained) > 0.3
    assert trained == sorted(trained)
    assert trained[-1] == 1.0
    assert bytes(message) == bytes(code.encode(X, Y))


@pytest.mark.parametrize("compression", [Floats(), DeepCompression(), Subspace(200)], ids=repr)
def test_the_training_of_a_two_part_code_goes_on(compression, tmp_path, monkeypatch):
    monkeypatch.setattr("codelength.training.course._SLICE", 64)
    code = TwoPartCode("mlp", compression, cl.Recipe(passes=4.0, early=1.0))
    path = tmp_path / "run.part"

    def killed_in_training(account):
        if account.done > 0.5:
            raise Killed

    with pytest.raises(Killed):
        code.encode(X, Y, checkpoint=cl.Checkpoint(path, resume=False), progress=killed_in_training)
    shares = []
    message = code.encode(
        X,
        Y,
        checkpoint=cl.Checkpoint(path, resume=True),
        progress=lambda account: shares.append(account.done),
    )
    assert shares[0] > 0.4
    assert bytes(message) == bytes(code.encode(X, Y))


@pytest.mark.parametrize("code", [cl.BitsBackCode("shallow"), cl.RelativeEntropyCode("shallow")], ids=repr)
def test_the_training_of_a_variational_code_goes_on(code, tmp_path, monkeypatch):
    monkeypatch.setattr("codelength.training.course._SLICE", 64)
    code = dataclasses.replace(code, recipe=cl.Recipe(passes=4.0, early=1.0))
    path = tmp_path / "run.part"

    def killed_in_training(account):
        if account.work is not None and account.done > 0.5:
            raise Killed

    with pytest.raises(Killed):
        code.encode(X, Y, checkpoint=cl.Checkpoint(path, resume=False), progress=killed_in_training)
    works = []
    message = code.encode(
        X, Y, checkpoint=cl.Checkpoint(path, resume=True), progress=lambda account: works.append(account.work)
    )
    assert min(work for work in works if work is not None) > 0.4
    assert bytes(message) == bytes(code.encode(X, Y))
    path.unlink(missing_ok=True)
    if isinstance(code, cl.BitsBackCode):  # Bob trains, too
        with pytest.raises(Killed):
            cl.receive(message, X, checkpoint=cl.Checkpoint(path, resume=False), progress=killed_in_training)
        received = cl.receive(message, X, checkpoint=cl.Checkpoint(path, resume=True))
        np.testing.assert_array_equal(received.labels, Y)


def test_training_is_not_done_again(tmp_path, monkeypatch):
    code, path = CODES["frequency"], tmp_path / "run.part"
    with pytest.raises(Killed):
        code.encode(X, Y, checkpoint=cl.Checkpoint(path, resume=False), progress=killing(200))
    updates = []
    learn = Counting.update
    monkeypatch.setattr(Counting, "update", lambda self, x, y: (updates.append(len(y)), learn(self, x, y)))
    code.encode(X, Y, checkpoint=cl.Checkpoint(path, resume=True))
    assert 0 < sum(updates) <= 102


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "run.part"
    with pytest.raises(Killed):
        CODES["frequency"].encode(X, Y, checkpoint=cl.Checkpoint(path, resume=False), progress=killing(200))
    with pytest.raises(cl.InputError, match=r"go on \(--resume\)"):
        cl.Checkpoint(path, resume=False)
    for code, y in ((CODES["refit"], Y), (CODES["frequency"], np.roll(Y, 1))):
        with pytest.raises(cl.InputError, match="another run"):
            code.encode(X, y, checkpoint=cl.Checkpoint(path, resume=True))
    log = tmp_path / "run.part.said"
    log.write_bytes(log.read_bytes()[:100])
    with pytest.raises(cl.InputError, match="cannot go on"):
        CODES["frequency"].encode(X, Y, checkpoint=cl.Checkpoint(path, resume=True))
    path.write_bytes(os.urandom(100))
    with pytest.raises(cl.InputError, match="cannot go on"):
        CODES["frequency"].encode(X, Y, checkpoint=cl.Checkpoint(path, resume=True))


@pytest.mark.parametrize("file", ["run.part", "run.part.said"])
def test_damage_to_what_was_kept_is_found(file, tmp_path):
    with pytest.raises(Killed):
        CODES["replay"].encode(
            X, Y, checkpoint=cl.Checkpoint(tmp_path / "run.part", resume=False), progress=killing(100)
        )
    whole = (tmp_path / file).read_bytes()
    for at in np.random.default_rng(0).integers(0, len(whole), 8):
        damaged = bytearray(whole)
        damaged[at] ^= 16
        (tmp_path / file).write_bytes(damaged)
        with pytest.raises(cl.InputError, match=r"cannot go on|another run"):
            CODES["replay"].encode(X, Y, checkpoint=cl.Checkpoint(tmp_path / "run.part", resume=True))


def test_a_checkpoint_can_serve_one_run_after_another(tmp_path):
    checkpoint = cl.Checkpoint(tmp_path / "run.part", resume=False)
    CODES["frequency"].encode(X, Y, checkpoint=checkpoint)
    checkpoint.remove()
    with pytest.raises(Killed):
        CODES["refit"].encode(X, Y, checkpoint=checkpoint, progress=killing(200))
    again = cl.Checkpoint(tmp_path / "run.part", resume=True)
    assert bytes(CODES["refit"].encode(X, Y, checkpoint=again)) == bytes(CODES["refit"].encode(X, Y))


def test_a_file_beside_is_not_written_over(tmp_path):
    (tmp_path / "run.part.said").write_text("mine")
    with pytest.raises(cl.InputError, match=r"stopped: .*said;"):
        cl.Checkpoint(tmp_path / "run.part", resume=False)
    assert (tmp_path / "run.part.said").read_text() == "mine"


def test_the_time_before_a_run_was_stopped_counts(tmp_path):
    path = tmp_path / "run.part"
    with pytest.raises(Killed):
        CODES["frequency"].encode(X, Y, checkpoint=cl.Checkpoint(path, resume=False), progress=killing(200))
    first = cl.Checkpoint(path, resume=True)
    with pytest.raises(Killed):
        CODES["frequency"].encode(X, Y, checkpoint=first, progress=killing(250))
    second = cl.Checkpoint(path, resume=True)
    CODES["frequency"].encode(X, Y, checkpoint=second)
    assert second.before > first.before > 0


def test_a_run_that_cannot_be_kept_goes_on(tmp_path):
    with pytest.raises(cl.InputError, match="no folder"):
        cl.Checkpoint(tmp_path / "gone" / "run.part", resume=False)
    checkpoint = cl.Checkpoint(str(tmp_path / "run.part"), resume=False)
    (tmp_path / "run.part.new").mkdir()  # in the way of what is to be written
    with pytest.warns(UserWarning, match="cannot be kept"):
        message = CODES["frequency"].encode(X, Y, checkpoint=checkpoint)
    np.testing.assert_array_equal(cl.decode(message, X), Y)


def test_nothing_is_left_of_a_run_that_ended(tmp_path):
    checkpoint = cl.Checkpoint(tmp_path / "run.part", resume=False)
    CODES["frequency"].encode(X, Y, checkpoint=checkpoint)
    checkpoint.remove()
    assert list(tmp_path.iterdir()) == []


def test_by_default_little_time_goes_into_writing(tmp_path, monkeypatch):
    monkeypatch.undo()
    checkpoint = cl.Checkpoint(tmp_path / "run.part", resume=False)
    CODES["frequency"].encode(X, Y, checkpoint=checkpoint)
    assert list(tmp_path.iterdir()) == []  # a short run writes nothing
