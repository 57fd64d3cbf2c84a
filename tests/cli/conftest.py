"""The command line in this process, and files for Alice and for Bob."""

import sys

import numpy as np
import pytest

from codelength import cli

from ..made import sample


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
