import dataclasses
import hashlib
import subprocess
import sys
from typing import Annotated

import msgpack
import pytest

import codelength as cl
from codelength.agreement import (
    Agreement,
    Within,
    factory,
    pack,
    register,
    registered,
    unpack,
)
from codelength.codes.best import BestOf
from codelength.codes.catalogue import learning
from codelength.codes.online import OnlineCode
from codelength.codes.uniform import UniformCode
from codelength.errors import AgreementError
from codelength.learners.calibration import Calibrated
from codelength.learners.frequency import Frequency


@registered("test:settings")
@dataclasses.dataclass(frozen=True)
class Settings(Agreement):
    steps: Annotated[int, Within(1, 100)]
    rate: Annotated[float, Within(0.0, 1.0)] = 0.5
    name: str = "a"
    parts: tuple[int, ...] = ()
    inner: Agreement | None = None
    flag: bool = False


def traveled(value):
    return unpack(msgpack.unpackb(msgpack.packb(pack(value))))


@pytest.mark.parametrize(
    "agreed",
    [
        Settings(3),
        Settings(100, rate=1, name="b", parts=(1, 2), inner=Settings(1, flag=True)),
        UniformCode(seed=7),
        OnlineCode(Calibrated(Frequency()), floor=1e-3),
        BestOf((OnlineCode(learning("GaussianNB+nearest-neighbours")),)),
    ],
)
def test_an_agreement_comes_back_equal(agreed):
    assert traveled(agreed) == agreed


def test_what_is_at_its_default_does_not_travel():
    assert pack(Settings(3)) == {"test:settings": [3]}
    assert pack(Settings(3, rate=0.5, name="b")) == {"test:settings": [3], "name": "b"}


@pytest.mark.parametrize(
    "fields",
    [
        {"steps": 0},
        {"steps": 101},
        {"steps": 1.5},
        {"steps": True},
        {"steps": "3"},
        {"steps": 1, "rate": float("nan")},
        {"steps": 1, "rate": float("inf")},
        {"steps": 1, "rate": 2},
        {"steps": 1, "name": 3},
        {"steps": 1, "inner": 3},
        {"steps": 1, "flag": 1},
    ],
)
def test_wrong_types_and_bounds_are_refused(fields):
    with pytest.raises(AgreementError, match=r"Settings\."):
        Settings(**fields)


@pytest.mark.parametrize(
    "packed",
    [
        {},
        {"os.system": []},
        {"test:settings": []},
        {"test:settings": [1, 2]},
        {"test:settings": 1},
        {"test:settings": [1], "unknown": 1},
        {"test:settings": [1], "__class__": 1},
        {3: []},
        {"test:settings": [1], "inner": {"test:settings": [1], "inner": {"nobody": []}}},
    ],
)
def test_what_could_not_have_been_packed_is_refused(packed):
    with pytest.raises(AgreementError):
        unpack(packed)


def test_deep_nesting_is_refused():
    packed = {"test:settings": [1]}
    for _ in range(100):
        packed = {"test:settings": [1], "inner": packed}
    with pytest.raises(AgreementError, match="deeply"):
        unpack(packed)
    nested = Settings(1)
    for _ in range(100):
        nested = Settings(1, inner=nested)
    with pytest.raises(AgreementError, match="deeply"):
        pack(nested)


def test_a_name_is_taken_once():
    register("test:mine", test_a_name_is_taken_once)
    register("test:mine", test_a_name_is_taken_once)  # again is no harm: modules are imported twice
    with pytest.raises(AgreementError, match="taken"):
        register("test:mine", lambda: None)
    with pytest.raises(AgreementError, match="taken"):
        registered("test:settings")(UniformCode)
    assert factory("test:mine") is test_a_name_is_taken_once
    with pytest.raises(AgreementError, match="taken"):
        register("vgg-16", test_a_name_is_taken_once)  # which is built in, loaded or not


def test_the_same_definition_run_again_takes_the_place_of_the_first():
    cell = "def mine(shape, classes): return {}"
    for value in (1, 2):
        notebook = {"__name__": "__main__"}
        exec(cell.format(value), notebook)
        register("test:cell", notebook["mine"])
    assert factory("test:cell")((1,), 2) == 2


@pytest.mark.parametrize("name", ["", "a" * 65, "one+other", "one,other", 3])
def test_names_that_no_command_could_say_are_refused(name):
    with pytest.raises(AgreementError, match="a registered name"):
        register(name, lambda: None)


EVERYTHING = """
for module in pkgutil.walk_packages(codelength.__path__, "codelength."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


def known(after):
    """The names that a fresh process knows."""
    program = (
        f"import importlib, pkgutil, codelength\n{after}\nfrom codelength.agreement import unpack\n"
        "try: unpack({'nobody': []})\nexcept codelength.AgreementError as error: print(error)"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_whoever_can_decode_knows_every_code_and_learner():
    assert known("codelength.decode") == known(EVERYTHING)
    assert "spread" in known("codelength.decode")


AGREED = (
    cl.Replay("n"),
    cl.Retrain("n"),
    cl.Refit("n"),
    cl.Spread(),
    cl.Calibrated(cl.Frequency()),
    cl.Switching((cl.Frequency(),)),
    cl.Columns(cl.Frequency(), 0, 1),
    cl.OnlineCode(cl.Frequency()),
    cl.ShannonCode(),
    cl.HuffmanCode(),
    cl.BitsBackCode("n"),
    cl.RelativeEntropyCode("n"),
    cl.Recipe(),
    *(cl.TwoPartCode("n", each) for each in (cl.Floats(), cl.DeepCompression(), cl.Subspace())),
)


def test_defaults_stay_as_they_are():
    # they are left out of a message, so that others would be another agreement
    assert hashlib.blake2b(repr(AGREED).encode(), digest_size=8).hexdigest() == "803507447bdea2a9"


def test_an_unknown_factory_says_what_to_do():
    with pytest.raises(AgreementError, match=r"register\('nobody'"):
        factory("nobody")
