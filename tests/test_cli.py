"""The command line as its user sees it; Bob is always another process."""

import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import typer

import codelength as cl
from codelength import cli
from codelength.codes.catalogue import CODES

from .made import sample

ROW = {
    "data", "code", "model", "n", "classes", "payload_bits", "ideal_bits", "framing_bits", "choice_bits",
    "ratio", "test_accuracy", "sequential_accuracy", "encode_seconds", "decode_seconds", "decoded",
}  # fmt: skip


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs the command line in this process: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["codelength", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return called


@pytest.fixture
def data(tmp_path):
    """Two files: Alice's with labels, Bob's without."""
    x, y = sample(60)
    x_test, y_test = sample(40, seed=1)
    words = np.array(["ant", "bee", "cat"])
    np.savez(tmp_path / "alice.npz", x=x, y=words[y], x_test=x_test, y_test=words[y_test])
    np.savez(tmp_path / "bob.npz", x=x, x_test=x_test)
    return words[y]


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


def test_names_are_no_markup(run, tmp_path):
    x, y = sample(40)
    np.savez(tmp_path / "data[final].npz", x=x, y=y)
    code, out, _ = run("table", "data[final].npz", "--codes", "uniform,frequency", "--json", "rows.json")
    assert code == 0
    assert "data[final].npz: 40 labels" in out


def test_labels_that_are_all_alike_make_plain_json(run, tmp_path):
    np.savez(tmp_path / "alike.npz", x=sample(40)[0], y=np.zeros(40, int))
    assert run("table", "alike.npz", "--codes", "uniform", "--json", "rows.json")[0] == 0
    (row,) = json.loads((tmp_path / "rows.json").read_text(), parse_constant=pytest.fail)
    assert row["alphabet_bits"] == row["payload_bits"]
    assert row["ratio"] == 1.0  # the uniform code sends the alphabet, too
    labels = np.zeros(40, int)
    np.savez(tmp_path / "agreed.npz", x=sample(40)[0], y=labels)
    encode = ("encode", "--data", "agreed.npz", "--classes", "0", "--code", "uniform", "--out", "m.cl")
    assert run(*encode, "--json", "agreed.json")[0] == 0
    (row,) = json.loads((tmp_path / "agreed.json").read_text(), parse_constant=pytest.fail)
    assert row["ratio"] is None


@pytest.mark.usefixtures("data")
def test_table_decodes_every_row_and_writes_them(run, tmp_path):
    codes = (
        "uniform,frequency,shannon,shannon:huffman,two-part:float32,two-part:deep-compression,"
        "variational:bits-back,variational:relative-entropy,online,online:refit"
    )
    written = ["--json", "rows.json", "--runs", "kept", "--curve", "curve.png"]
    code, out, err = run("table", "alice.npz", "--codes", codes, *written)
    assert code == 0
    assert "alice-uniform: 0.240 kbits in 0 s; 9 of 10 runs left" in err
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert [row["code"] for row in rows] == codes.split(",")
    for row in rows:
        assert set(row) >= ROW
        assert row["decoded"] is True
        assert row["code"] in out
    by_code = {row["code"]: row for row in rows}
    assert by_code["shannon"]["n"] == 54  # both ends hold a tenth
    assert by_code["shannon:huffman"]["payload_bits"] >= 54
    assert by_code["two-part:float32"]["parameter_bits"] > 0
    assert all(row["curve"][-1] == [row["n"], round(row["ideal_bits"], 2)] for row in rows)
    assert 0 <= by_code["online:refit"]["test_accuracy"] <= 1
    assert (tmp_path / "kept" / "alice-online.cl").exists()


def test_a_table_of_ones_own_goes_through_every_command(run, tmp_path):
    x, y = sample(60)
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "kind": np.array(["ant", "bee", "cat"])[y]})
    frame.to_csv(tmp_path / "mine.csv", index=False)
    frame.drop(columns="kind").to_csv(tmp_path / "bobs.csv", index=False)
    of = ("--target", "kind", "--code", "online:refit", "--model", "GaussianNB")
    assert run("encode", "--data", "mine.csv", *of, "--out", "m.cl")[0] == 0
    assert run("decode", "m.cl", "--data", "bobs.csv", "--out", "y.npy")[0] == 0
    assert np.load(tmp_path / "y.npy").tolist() == frame["kind"].tolist()
    code, _, err = run("table", "mine.csv", "--target", "kind", "--codes", "uniform")
    assert code == 0, err


@pytest.mark.usefixtures("data")
def test_measure_counts_what_encode_sends(run, tmp_path):
    of = ("--data", "alice.npz", "--code", "online:refit", "--model", "GaussianNB", "--seed", "2")
    _, told, _ = run("measure", *of, "--json", "counted.json")
    run("encode", *of, "--out", "m.cl", "--json", "row.json")
    (counted,), (row,) = (json.loads((tmp_path / name).read_text()) for name in ("counted.json", "row.json"))
    assert f"{row['ideal_bits']:,.2f} bits" in told
    uniform = counted["alphabet_bits"] + 60 * np.log2(3)
    assert counted.pop("ratio") == pytest.approx(counted["ideal_bits"] / uniform)
    assert counted == {key: row[key] for key in counted}
    assert row.keys() - counted.keys() >= {"payload_bits", "framing_bits", "encode_seconds", "decoded"}
    code, _, err = run("measure", *of, "--json", "row.json")
    assert (code, "exists" in err) == (1, True)


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


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["encode", "--data", "nothing.npz", "--out", "new.cl"], "no file"),
        (["encode", "--data", "mnist", "--data-dir", "nowhere", "--out", "new.cl"], "does not exist"),
        (["encode", "--data", "alice.npz", "--code", "best", "--out", "new.cl"], "unknown code 'best'"),
        (["encode", "--data", "alice.npz", "--model", "nobody", "--out", "new.cl"], "nobody"),
        (
            ["encode", "--data", "alice.npz", "--code", "uniform", "--model", "mlp", "--out", "new.cl"],
            "no model",
        ),
        (["encode", "--data", "bob.npz", "--out", "new.cl"], "no array 'y'"),
        (["encode", "--data", "alice.npz", "--out", "alice.npz"], "exists"),
        (["encode", "--data", "alice.npz", "--out", "no/folder/new.cl"], "does not exist"),
        (["encode", "--data", "alice.npz", "--plugin", "no_such_module", "--out", "new.cl"], "plugin"),
        (["decode", "alice.npz", "--data", "bob.npz", "--out", "new.npy"], "not a codelength message"),
        (["decode", "none.cl", "--data", "bob.npz", "--out", "new.npy"], "cannot read"),
        (["inspect", "alice.npz"], "not a codelength message"),
        (["table", "alice.npz", "--codes", "uniform,wrong"], "unknown code 'wrong'"),
        (["table", "alice.npz", "--json", "alice.npz"], "exists"),
        (["table", "alice.npz", "--budget", "quick"], "--all"),
        (["table", "alice.npz", "--model", "GaussianNB"], "is no network"),
        (["compare", "--data", "alice.npz", "--models", "GaussianNB,,BernoulliNB"], "a name is missing in"),
        (["table", "alice.npz", "--codes", ""], "a name is missing in"),
    ],
)
def test_bad_input_is_one_line(run, arguments, says, tmp_path):
    before = sorted(tmp_path.iterdir())
    code, out, err = run(*arguments)
    assert code == 1
    assert out == ""
    assert err.startswith("error: ")
    assert says in err
    assert err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("data")
def test_a_plugin_registers_what_the_user_names(run, tmp_path):
    (tmp_path / "my_models.py").write_text(
        "import codelength\n"
        "from sklearn.naive_bayes import GaussianNB\n"
        "codelength.register('mine', GaussianNB)\n"
    )
    encode = ["encode", "--data", "alice.npz", "--code", "online:refit", "--model", "mine", "--out", "m.cl"]
    assert run(*encode, "--plugin", "my_models")[0] == 0
    command = [sys.executable, "-m", "codelength", "decode", "m.cl", "--data", "bob.npz", "--out"]
    stranger = subprocess.run([*command, "a.npy"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert stranger.returncode == 1
    assert "'mine'" in stranger.stderr
    friend = [*command, "b.npy", "--plugin", "my_models"]
    assert subprocess.run(friend, cwd=tmp_path, check=False, capture_output=True).returncode == 0


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("plugin", "content", "says"),
    [
        ("./mine", "", "is a path: give the name of a module, without .py"),
        ("mine.py", "", "without .py"),
        ("mine", "def (", "'mine': SyntaxError: "),
        ("mine", "raise RuntimeError('two\\nlines')", "'mine': RuntimeError: two lines"),
        ("mine", "import no_such_module", "'mine': ModuleNotFoundError: No module named 'no_such_module'"),
        ("mine", "import codelength; codelength.register('mlp', int)", "AgreementError: the name 'mlp'"),
    ],
)
def test_a_plugin_that_fails_is_one_line(run, tmp_path, monkeypatch, plugin, content, says):
    (tmp_path / "mine.py").write_text(content)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    code, out, err = run("measure", "--data", "alice.npz", "--code", "uniform", "--plugin", plugin)
    assert (code, out) == (1, "")
    assert says in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_help_explains_every_option_with_an_example(run):
    commands = typer.main.get_command(cli.app).commands
    assert {"table", "encode", "decode", "measure", "compare", "inspect", "report"} == set(commands)
    for name, command in commands.items():
        assert run(name, "--help")[0] == 0
        assert "Example:" in command.help
        for parameter in command.params:
            assert parameter.name == "help" or "Example:" in parameter.help, f"{name} {parameter.name}"
    for heading in ("± spread", "ratio", "behind", "sequential accuracy", "bits at", "own frequencies"):
        assert heading in " ".join(commands["compare"].help.split())
    assert "seq. accuracy" in commands["table"].help
    (codes,) = (parameter.help for parameter in commands["encode"].params if parameter.name == "code")
    assert set(CODES) <= {word.strip(",.") for word in codes.split()}


def test_the_command_line_starts_without_the_heavy_libraries():
    heavy = "{'torch', 'sklearn', 'pandas', 'numpy'} & set(sys.modules)"
    asked = f"import sys, codelength.cli; print({heavy} or 'light')"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "light"


def test_version(run):
    code, out, _ = run("--version")
    assert code == 0
    assert out.startswith("codelength ")


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


@pytest.mark.usefixtures("data")
def test_runs_are_kept_and_told_of_on_a_page(run, tmp_path):
    kept = ["--codes", "uniform,frequency", "--first", "40", "--runs", "kept"]
    code, out, _ = run("table", "alice.npz", *kept)
    assert code == 0
    assert "THE FIRST 40 LABELS ONLY" in out
    assert "Does not compress these labels: uniform" in out
    _, _, err = run("table", "alice.npz", *kept)
    assert "2 of 2 runs are there already" in err
    code, out, _ = run("report", "kept", "--out", "page.html", "--figures", "figures")
    assert code == 0
    assert "wrote page.html" in out
    assert "frequency" in (tmp_path / "page.html").read_text()
    assert (tmp_path / "figures" / "runs.csv").exists()
    code, _, err = run("report", "kept", "--out", "page.html")
    assert (code, "exists" in err) == (1, True)


@pytest.mark.usefixtures("data")
def test_a_budget_that_is_none_and_a_model_beside_all_are_refused(run):
    code, _, err = run("table", "alice.npz", "--all", "--budget", "endless")
    assert (code, "quick, paper or best" in err) == (1, True)
    code, _, err = run("table", "alice.npz", "--all", "--model", "shallow")
    assert (code, "--model or --all" in err) == (1, True)
