"""What all commands do alike: one line for bad input, plugins, help, a quick start."""

import subprocess
import sys

import pytest
import typer

from codelength import cli
from codelength.codes.catalogue import CODES


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
