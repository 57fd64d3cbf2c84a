"""encode, decode and inspect, as whoever sends and whoever receives uses them."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest

import codelength as cl


def test_alice_writes_and_bob_reads_in_another_process(run, data, tmp_path):
    code, out, _ = run(
        "encode", "--data", "alice.npz", "--code", "online:refit", "--model", "GaussianNB", "--out", "m.cl"
    )
    assert code == 0
    assert "60 labels in" in out
    command = [
        sys.executable,
        "-m",
        "codelength",
        "decode",
        "m.cl",
        "--data",
        "bob.npz",
        "--out",
        "labels.npy",
    ]
    bob = subprocess.run(
        [*command, "--predict", "test.npy"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert bob.stderr == ""
    np.testing.assert_array_equal(np.load(tmp_path / "labels.npy"), data)
    assert np.load(tmp_path / "test.npy").shape == (40,)


@pytest.mark.usefixtures("data")
def test_outputs_that_could_not_be_written_are_known_before_any_work(run, tmp_path):
    encode = ["encode", "--data", "alice.npz", "--code", "frequency"]
    code, _, err = run(*encode, "--out", "m.cl", "--json", tmp_path / "m.cl")
    assert (code, "two outputs" in err) == (1, True)
    assert run(*encode, "--out", "m.cl")[0] == 0
    decode = ["decode", "m.cl", "--data", "bob.npz"]
    code, _, err = run(*decode, "--out", "a.npy", "--predict", "a.npy")
    assert (code, "two outputs" in err) == (1, True)
    np.savez(tmp_path / "inputs.npz", x=np.load(tmp_path / "bob.npz")["x"])
    code, _, err = run("decode", "m.cl", "--data", "inputs.npz", "--out", "a.npy", "--predict", "p.npy")
    assert (code, "no test inputs" in err) == (1, True)
    assert not (tmp_path / "a.npy").exists()


@pytest.mark.usefixtures("data")
def test_whoever_interrupts_is_told_how_to_go_on(run, tmp_path, monkeypatch):
    (tmp_path / "interrupting.py").write_text("raise KeyboardInterrupt")
    code, _, err = run("measure", "--data", "alice.npz", "--code", "uniform", "--plugin", "interrupting")
    assert code == 130
    assert "--resume" in err


@pytest.mark.usefixtures("data")
def test_classes_that_are_agreed_do_not_travel(run, tmp_path):
    encode = ("encode", "--data", "alice.npz", "--code", "frequency")
    assert run(*encode, "--out", "m.cl", "--json", "m.json")[0] == 0
    assert run(*encode, "--classes", "ant,bee,cat,dog", "--out", "a.cl", "--json", "a.json")[0] == 0
    (named,), (agreed,) = (json.loads((tmp_path / name).read_text()) for name in ("m.json", "a.json"))
    assert (agreed["classes"], agreed["alphabet_bits"]) == (4, 0)
    assert agreed["payload_bits"] < named["payload_bits"] - named["alphabet_bits"] + 100
    assert named["alphabet_bits"] > 100
    assert run("decode", "a.cl", "--data", "bob.npz", "--out", "labels.npy")[0] == 0
    assert np.array_equal(np.load("labels.npy"), np.load("alice.npz")["y"])
    assert "'bee' is not among" in run(*encode, "--classes", "ant,cat", "--out", "n.cl")[2]
    table = ("table", "alice.npz", "--codes", "frequency", "--classes", "ant,bee,cat,dog")
    assert run(*table, "--json", "t.json")[0] == 0
    (row,) = json.loads((tmp_path / "t.json").read_text())
    assert row["decoded"] is True
    assert row["payload_bits"] == agreed["payload_bits"]


def test_classes_are_read_as_the_labels_are(run, tmp_path):
    y = np.array([3, 1, 1, 3, 2], np.uint8)
    np.savez(tmp_path / "few.npz", x=np.arange(5.0), y=y)
    encode = ("encode", "--data", "few.npz", "--code", "uniform", "--json", "few.json")
    assert "'many' is none" in run(*encode, "--classes", "1,many", "--out", "m.cl")[2]
    assert run(*encode, "--classes", "3,2,1,1", "--out", "m.cl")[0] == 0
    (row,) = json.loads((tmp_path / "few.json").read_text())
    assert row["classes"] == 3
    assert run("decode", "m.cl", "--data", "few.npz", "--out", "labels.npy")[0] == 0
    assert np.load("labels.npy").dtype == np.uint8


@pytest.mark.usefixtures("data")
def test_inspect_says_what_the_header_says(run):
    run(
        "encode",
        "--data",
        "alice.npz",
        "--code",
        "online:refit",
        "--model",
        "GaussianNB",
        "--seed",
        "3",
        "--out",
        "m.cl",
    )
    code, out, _ = run("inspect", "m.cl")
    assert code == 0
    for said in (
        "GaussianNB",
        "seed=3",
        " bits of the payload): ant, bee, cat",
        "scikit-learn",
        "payload",
        "framing",
    ):
        assert said in out


@pytest.mark.usefixtures("data")
def test_the_users_bytes_ride_along_and_come_back(run, tmp_path):
    (tmp_path / "mine.bin").write_bytes(bytes(range(256)) * 20 + b"odd")
    encoded = run(
        "encode", "--data", "alice.npz", "--code", "variational:bits-back", "--out", "m.cl",
        "--auxiliary", "mine.bin",
    )  # fmt: skip
    assert encoded[0] == 0
    assert "5,123 bytes of its payload come back" in encoded[1]
    run("decode", "m.cl", "--data", "bob.npz", "--out", "labels.npy", "--auxiliary", "back.bin")
    assert (tmp_path / "back.bin").read_bytes() == (tmp_path / "mine.bin").read_bytes()
    run("encode", "--data", "alice.npz", "--code", "uniform", "--out", "plain.cl")
    code, _, err = run("decode", "plain.cl", "--data", "bob.npz", "--out", "b.npy", "--auxiliary", "c.bin")
    assert (code, "no auxiliary bytes ride along" in err) == (1, True)


@pytest.mark.usefixtures("data")
def test_inspect_with_the_inputs_shows_the_stages_of_a_compression(run):
    run("encode", "--data", "alice.npz", "--code", "two-part:deep-compression", "--out", "m.cl")
    code, out, _ = run("inspect", "m.cl", "--data", "bob.npz")
    assert code == 0
    for stage in ("float32", "pruned", "shared", "huffman", "adaptive"):
        assert f"kB) {stage}" in out


# the command line with a checkpoint after every block, so that short runs leave one too
OFTEN = (
    "import codelength.checkpoint as kept; kept._SECONDS, kept._SHARE = 0.0, 1e9; "
    "from codelength.cli import main; main()"
)


def killed_at_its_checkpoint(arguments, folder, part):
    """Starts the command line and kills it (SIGKILL) as soon as its checkpoint is there."""
    process = subprocess.Popen(
        [sys.executable, "-c", OFTEN, *arguments], cwd=folder, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while not part.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert process.returncode == -9


@pytest.mark.usefixtures("data")
def test_alice_and_bob_are_killed_and_go_on(run, tmp_path, data):
    slow = ["--data", "alice.npz", "--code", "online:refit", "--model", "random-forest"]
    run("encode", *slow, "--out", "whole.cl")
    encode = ["encode", *slow, "--out", "m.cl"]
    killed_at_its_checkpoint(encode, tmp_path, tmp_path / "m.cl.part")
    assert not (tmp_path / "m.cl").exists()
    code, _, err = run(*encode)
    assert code == 1
    assert "--resume" in err
    assert run(*encode, "--resume")[0] == 0
    assert (tmp_path / "m.cl").read_bytes() == (tmp_path / "whole.cl").read_bytes()

    decode = ["decode", "m.cl", "--data", "bob.npz", "--out", "labels.npy"]
    killed_at_its_checkpoint(decode, tmp_path, tmp_path / "labels.npy.part")
    assert run(*decode, "--resume")[0] == 0
    np.testing.assert_array_equal(np.load(tmp_path / "labels.npy"), data)
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.usefixtures("data")
def test_the_best_of_several_models_is_sent_and_read(run, data, tmp_path):
    among = ["--code", "online:refit", "--among", "GaussianNB,nearest-neighbours,random-forest"]
    code, sent, _ = run("encode", "--data", "alice.npz", *among, "--out", "m.cl", "--json", "row.json")
    assert code == 0
    (row,) = json.loads((tmp_path / "row.json").read_text())
    assert f"with {row['model']}, the best of 3" in sent
    assert row["choice_bits"] == pytest.approx(np.log2(3))
    assert row["model"] in row["among"]
    assert run("decode", "m.cl", "--data", "bob.npz", "--out", "labels.npy")[0] == 0
    np.testing.assert_array_equal(np.load(tmp_path / "labels.npy"), data)
    code, out, _ = run("measure", "--data", "alice.npz", *among)
    assert f"with {row['model']}, the best of 3" in out
    code, _, err = run("measure", "--data", "alice.npz", *among, "--model", "BernoulliNB")
    assert (code, "not among" in err) == (1, True)
    for command in (["measure"], ["encode", "--out", "n.cl"]):
        shannon = ["--code", "shannon", "--among", "shallow,mlp"]
        code, _, err = run(*command, "--data", "alice.npz", *shannon)
        assert (code, "both ends hold the model" in err) == (1, True)


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("code", "says"),
    [("online:refit", "in bits back alone"), ("variational:bits-back", "auxiliary bytes to draw")],
)
def test_bytes_that_cannot_ride_along_are_refused_before_any_model_is_measured(
    run, tmp_path, monkeypatch, code, says
):
    def fail(*_, **__):
        raise AssertionError("it was measured")

    monkeypatch.setattr(cl.OnlineCode, "measure", fail)
    monkeypatch.setattr(cl.BitsBackCode, "measure", fail)
    (tmp_path / "few.bin").write_bytes(b"few")
    encode = ["encode", "--data", "alice.npz", "--code", code, "--out", "m.cl", "--auxiliary", "few.bin"]
    ended, _, err = run(*encode, "--among", "shallow,shallow-64")
    assert (ended, says in err) == (1, True)
