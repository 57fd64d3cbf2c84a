"""The portable profile: begun before the libraries are imported, named in the message, found out by Bob."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

import codelength as cl
from codelength.errors import AgreementError, NotPortableError, NumericsError
from codelength.numerics import Numerics, surroundings
from codelength.profile import VARIABLES

TORCH = frozenset({"torch"})
COMMAND = [sys.executable, "-m", "codelength"]
# an Intel of 2023, and an emulated EPYC and Haswell, came to the digests here, with these
MADE_WITH = {"torch": "2.13.0", "numpy": "2.4.6", "scipy": "1.17.1"}
with_these = pytest.mark.skipif(
    any(version(name).partition("+")[0] != made for name, made in MADE_WITH.items()),
    reason=f"the digests are of {MADE_WITH}; other versions may come to other floats",
)


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, command)], capture_output=True, text=True, check=False, env=os.environ | environment
    )


@pytest.fixture(scope="module")
def message(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some digits, sent by a process that is portable."""
    path = tmp_path_factory.mktemp("portable") / "digits.cl"
    of = ("--data", "digits", "--first", "20", "--code", "online", "--model", "shallow")
    done = run(*COMMAND, "--portable", "encode", *of, "--out", path)
    assert done.returncode == 0, done.stderr
    return path


def test_the_command_line_decodes_it_from_any_process(message: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.npy"
    done = run(*COMMAND, "decode", message, "--data", "digits", "--first", "20", "--out", out)
    assert done.returncode == 0, done.stderr
    assert np.array_equal(np.load(out), cl.load("digits").y[:20])


def test_the_message_says_so(message: Path) -> None:
    assert "portable" in run(*COMMAND, "inspect", message).stdout
    numerics = Numerics(*cl.Message.load(message).header.numerics)
    assert (numerics.portable, numerics.precision) == (True, "float32")


def test_in_python_it_must_be_begun_first(message: Path) -> None:
    assert not cl.is_portable()
    with pytest.raises(NotPortableError, match=r"before NumPy"):
        cl.decode(message.read_bytes(), cl.load("digits").x[:20])
    with pytest.raises(NotPortableError, match=r"numpy.* came first"):
        cl.portable()
    begun = "import codelength as cl; cl.portable(); cl.portable(); import numpy; print(cl.is_portable())"
    assert run(sys.executable, "-c", begun).stdout == "True\n"


POSTERIORS = """
import dataclasses, hashlib
import codelength as cl
cl.portable()
from codelength.training.recipe import VARIATIONAL
data, recipe = cl.load("digits"), dataclasses.replace(VARIATIONAL, passes=10.0)
for network, coordinates in (("shallow", 0), ("mlp", 50)):
    code = cl.BitsBackCode(network, recipe, coordinates=coordinates)
    payload = code.encode(data.x[:40], data.y[:40], classes=range(10)).payload
    print(hashlib.sha256(payload).hexdigest()[:16])
"""


@with_these
def test_posteriors_are_fitted_alike_by_processors_of_both_makers() -> None:
    assert run(sys.executable, "-c", POSTERIORS).stdout.split() == ["02b68800acdf5a18", "0170b800910c2833"]


SPREADING = """
import hashlib
import codelength as cl
cl.portable()
import numpy as np
from codelength.numerics import Numerics
x = cl.load("digits").x[:80]
recipe = cl.Recipe(passes=2.0, early=1.0, smallest_batch=16, shift=0.1)
for learner in (cl.Spread(), cl.Spread("mlp", recipe)):
    numerics = Numerics.here(learner.libraries)
    with numerics.enforced(learner.libraries):
        predictor = learner.begin(cl.Task(x, np.arange(80), 10, 0, numerics))
        predictor.update(x[:30], np.arange(30) % 10)
        print(hashlib.sha256(predictor.predict(x).tobytes()).hexdigest()[:16])
"""


@with_these
def test_labels_spread_alike_on_processors_of_both_makers() -> None:
    assert run(sys.executable, "-c", SPREADING).stdout.split() == ["0cf2aa274ef3f31b", "7713ac1e7b923486"]


def test_portable_roots_are_made_of_operations_that_ieee_754_rounds() -> None:
    rooted = (
        "import codelength as cl; cl.portable();"
        "import numpy as np, torch; from codelength.training.meanfield import root;"
        "x = np.random.default_rng(0).random(10_000, np.float32);"
        "print(np.array_equal(root(torch.from_numpy(x)).numpy(), 1 / (1 / np.sqrt(x))))"
    )
    assert run(sys.executable, "-c", rooted).stdout == "True\n"


def test_a_held_model_is_portable_too(tmp_path: Path) -> None:
    path, out = tmp_path / "digits.cl", tmp_path / "labels.npy"
    of = ("--data", "digits", "--first", "100")
    model = ("--code", "shannon", "--model", "shallow", "--out", path)
    assert run(*COMMAND, "--portable", "encode", *of, *model).returncode == 0
    assert "portable" in run(*COMMAND, "inspect", path).stdout
    done = run(*COMMAND, "decode", path, *of, "--out", out)
    assert done.returncode == 0, done.stderr
    assert np.array_equal(np.load(out), cl.load("digits").y[:100])


def test_a_process_that_is_portable_refuses_other_messages(tmp_path: Path) -> None:
    data = cl.load("digits")
    path, out = tmp_path / "fast.cl", tmp_path / "labels.npy"
    code = cl.OnlineCode(cl.Refit(KNeighborsClassifier()))
    path.write_bytes(bytes(code.encode(data.x[:20], data.y[:20], classes=range(10))))
    done = run(*COMMAND, "decode", path, "--data", "digits", "--first", "20", "--out", out, **VARIABLES)
    assert done.returncode == 1
    assert "not portable" in done.stderr
    assert not out.exists()


def test_what_needs_no_floats_decodes_under_either() -> None:
    data = cl.load("digits")
    message = bytes(cl.UniformCode().encode(data.x, data.y))
    decode = (
        "import sys, codelength as cl; cl.portable(); x = cl.load('digits').x;"
        "print(int(cl.decode(sys.stdin.buffer.read(), x).sum()))"
    )
    done = subprocess.run([sys.executable, "-c", decode], input=message, capture_output=True, check=True)
    assert int(done.stdout) == data.y.sum()


def test_portable_floats_are_single_and_of_a_cpu() -> None:
    with pytest.raises(AgreementError, match="float32"):
        Numerics(2, "bfloat16", portable=True)
    with pytest.raises(NumericsError):
        Numerics(2, portable=True).require_here(TORCH, list(surroundings(TORCH).values()))
