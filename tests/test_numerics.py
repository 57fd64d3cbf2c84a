import copy
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from codelength import numerics
from codelength.errors import AgreementError, MessageError, NumericsError
from codelength.numerics import Numerics, digest, require_same, surroundings
from codelength.training.recipe import Recipe
from codelength.training.trainer import Trainer

TORCH = frozenset({"torch"})


def test_settings_hold_for_the_run_and_are_put_back():
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with Numerics(threads=1).enforced(TORCH):
            assert torch.get_num_threads() == 1
            assert torch.are_deterministic_algorithms_enabled()
            assert torch.get_default_dtype() == torch.float32
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(before[2])
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before[:2]


@pytest.mark.skipif(len(numerics.cores()) < 2, reason="there is one thread anyway")
@pytest.mark.parametrize("first", ["", "import sklearn.ensemble, torch"])
def test_threads_hold_for_libraries_that_are_first_needed_within(first):
    code = (
        f"{first}\nfrom codelength.numerics import Numerics\n"
        "with Numerics(threads=1).enforced(frozenset({'scikit-learn', 'torch'})):\n"
        "    import sklearn.ensemble, threadpoolctl, torch\n"
        "    pools = threadpoolctl.threadpool_info()\n"
        "    print({pool['num_threads'] for pool in pools}, torch.get_num_threads())"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.split() == ["{1}", "1"]


def test_a_library_that_is_not_here_is_named():
    with pytest.raises(AgreementError, match="no library 'sklearn-of-mine'"):
        surroundings(frozenset({"sklearn-of-mine"}))


def test_a_machine_may_have_more_cores_than_a_message_names_threads(monkeypatch):
    monkeypatch.setattr(numerics, "cores", lambda: list(range(384)))
    assert Numerics.here(TORCH).threads == 256


def test_a_notebook_cannot_change_the_floats():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.inference_mode(), Numerics(threads=1).enforced(TORCH):
            assert torch.get_float32_matmul_precision() == "highest"
            assert torch.is_grad_enabled()
            assert not torch.is_inference_mode_enabled()
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)


def test_less_than_float32_is_refused_where_it_cannot_be_put_aside():
    # in a process that never used torch's older way to say it, which gives way to the newer one
    code = (
        "import torch; torch.backends.fp32_precision = 'tf32'\n"
        "from codelength.numerics import Numerics\n"
        "with Numerics(threads=1).enforced(frozenset({'torch'})): pass"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "NumericsError: torch.backends.fp32_precision" in child.stderr


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_layers_on_a_cuda_device_draw_from_the_agreed_stream():
    dropping = nn.Sequential(nn.Linear(8, 64), nn.Dropout(), nn.Linear(64, 3))
    x, y = torch.randn(32, 8), torch.arange(32) % 3
    found = []
    for _ in range(2):
        torch.cuda.manual_seed(len(found))
        trainer = Trainer(copy.deepcopy(dropping), Recipe(), Numerics(1, device="cuda"), seed=0)
        found.append([trainer.step(x, y, 1.0) for _ in range(3)])
    assert all(torch.equal(*pair) for pair in zip(*found, strict=True))


def test_settings_are_put_back_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), Numerics(threads=1).enforced(TORCH):
        raise ZeroDivisionError
    assert torch.get_num_threads() == before


def test_what_matters_is_named():
    assert surroundings(frozenset()) == {}
    assert set(surroundings(TORCH)) == {"torch", "numpy", "instructions", "processor"}
    assert {"scikit-learn", "numpy"} <= set(surroundings(frozenset({"scikit-learn"})))
    assert Numerics(*Numerics(3, "bfloat16").pack(TORCH)) == Numerics(3, "bfloat16")


def test_a_mismatch_names_its_part():
    ours = {"torch": "2.13.0", "instructions": "AVX512", "processor": "AMD 25/17"}
    require_same(["2.13.0", "AVX512", "AMD 25/17"], ours, agree=True)
    require_same(["2.13.0", "AVX512", "Intel 6/85"], ours, agree=True)
    with pytest.raises(NumericsError, match=r"torch 2\.9\.1 there, 2\.13\.0 here"):
        require_same(["2.9.1", "AVX512", "AMD 25/17"], ours, agree=True)
    with pytest.raises(NumericsError, match=r"probe differs.*Intel 6/85"):
        require_same(["2.13.0", "AVX512", "Intel 6/85"], ours, agree=False)
    with pytest.raises(NumericsError, match="probe differs"):
        require_same(["2.13.0", "AVX512", "AMD 25/17"], ours, agree=False)
    with pytest.raises(MessageError):
        require_same([], ours, agree=True)


def test_bfloat16_is_refused_where_it_would_be_imitated(monkeypatch):
    made, here = Numerics(2, "bfloat16"), list(surroundings(TORCH).values())
    monkeypatch.setattr(numerics, "_has_bfloat16", lambda: True)
    made.require_here(TORCH, here)
    monkeypatch.setattr(numerics, "_has_bfloat16", lambda: False)
    with pytest.raises(NumericsError, match=r"bfloat16.*--portable"):
        made.require_here(TORCH, here)
    Numerics(2).require_here(TORCH, here)
    assert Numerics.here(TORCH).precision == "float32" or torch.cuda.is_available()


def test_every_bit_counts_in_the_probe():
    p = np.full((3, 2), 0.5)
    q = p.copy()
    q[2, 1] = np.nextafter(0.5, 1)
    assert digest(p) == digest(p.copy()) != digest(q)


@pytest.mark.parametrize("fields", [(0,), (1000,), (2, "float16"), (2, "float32", "tpu"), ("2",)])
def test_absurd_numerics_are_refused(fields):
    with pytest.raises(AgreementError):
        Numerics(*fields)
