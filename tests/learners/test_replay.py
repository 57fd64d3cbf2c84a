"""Replay: uniform at first, learns, and computes the same at both ends to the last bit."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.naive_bayes import GaussianNB

from codelength.agreement import register
from codelength.errors import AgreementError, InputError
from codelength.learners.learner import done, learn_on
from codelength.learners.replay import Replay
from codelength.numerics import Numerics
from codelength.training.recipe import GRAY, PHOTO, TABLE, Recipe

from ..made import digits, task_of

QUICK = Recipe(passes=4.0, early=1.0, shift=0.1, rotation=10.0, views=2)
# One thread: two wait for each other on a busy machine, and these batches are small.
FAST, FLOAT32 = Numerics(1, "bfloat16"), Numerics(1, "float32")


def online(learner: Replay, x: np.ndarray, y: np.ndarray, numerics: Numerics = FAST) -> np.ndarray:
    """The probabilities of all labels, each predicted before it was learned."""
    classes = int(y.max()) + 1
    predictor = learner.begin(task_of(x, classes, numerics=numerics))
    start, parts = 0, []
    for end in learner.schedule(len(x), classes):
        parts.append(predictor.predict(x[start:end]))
        predictor.update(x[start:end], y[start:end])
        start = end
    return np.concatenate(parts)


def quick(network: str, **changes: object) -> Replay:
    recipe = dataclasses.replace(QUICK, **changes)  # type: ignore[arg-type]
    return Replay(network, recipe, first_block=20, block_growth=0.5)


def codelength(p: np.ndarray, y: np.ndarray) -> float:
    return float(-np.log2(p[np.arange(len(y)), y]).sum())


def test_uniform_before_the_first_label_then_rows_sum_to_one() -> None:
    x, y = digits(200)
    learner = quick("lenet")
    p = online(learner, x, y)
    first = next(learner.schedule(200, 10))
    assert p.dtype == np.float64
    assert (p[:first] == 0.1).all()
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize("network", ["lenet", "mlp"])
def test_learns_digits(network: str) -> None:
    x, y = digits(500)
    p = online(quick(network, passes=10.0), x, y)
    assert codelength(p, y) < 0.5 * 500 * np.log2(10)
    assert (p[250:].argmax(axis=1) == y[250:]).mean() > 0.8


def test_the_finish_comes_after_the_last_label_and_helps_with_others() -> None:
    x, y = digits(1500)
    hurried, finishing = (quick("lenet", passes=1.0, finish=finish) for finish in (0.0, 8.0))
    assert (online(hurried, x[:500], y[:500]) == online(finishing, x[:500], y[:500])).all()
    right = []
    for learner in (hurried, finishing):
        predictor = learner.begin(task_of(x[:500]))
        predictor.update(x[:300], y[:300])
        assert not learn_on(predictor)
        predictor.update(x[300:500], y[300:500])
        while learn_on(predictor):
            pass
        assert done(predictor) == 1.0
        right.append((predictor.predict(x[500:]).argmax(axis=1) == y[500:]).mean())
    assert right[1] > right[0] + 0.02


def test_who_predicts_nothing_else_needs_no_finish() -> None:
    x, y = digits(60)
    predictor = quick("shallow", finish=8.0).begin(dataclasses.replace(task_of(x), predicts=False))
    predictor.update(x, y)
    assert done(predictor) == 1.0
    assert not learn_on(predictor)


def test_the_finish_begins_with_the_step_that_the_stream_has_come_to() -> None:
    x, y = digits(300)
    after = []
    for finish in (0.0, 8.0):
        # steps that have all but vanished when 200 labels are there
        predictor = quick("shallow", finish=finish, falls_from=1.0, falls_as=2.0).begin(task_of(x[:200]))
        predictor.update(x[:200], y[:200])
        while learn_on(predictor):
            pass
        after.append(predictor.predict(x[200:]))
    np.testing.assert_allclose(after[0], after[1], atol=0.01)


@pytest.mark.parametrize("numerics", [FAST, FLOAT32])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "muon"])
def test_bit_identical_from_run_to_run(numerics: Numerics, optimizer: str) -> None:
    x, y = digits(120)
    learner = quick("lenet", optimizer=optimizer, networks=2)
    torch.manual_seed(1)
    first = online(learner, x, y, numerics)
    torch.manual_seed(2)
    ballast = [torch.full((1001,), torch.nan) for _ in range(100)]
    del ballast[::2]
    assert (online(learner, x, y, numerics) == first).all()


def test_each_network_has_a_thread_so_threads_change_nothing() -> None:
    x, y = digits(100)
    learner = quick("lenet", networks=2)
    one, two = (online(learner, x, y, Numerics(threads, "bfloat16")) for threads in (1, 2))
    assert (one == two).all()


BROKEN = {
    "tuple": (lambda x: (x, x), "gave a tuple for 2 inputs"),
    "wide": (lambda x: torch.zeros(len(x), 20), r"gave \(2, 20\) for 2 inputs, not logits \(2, 10\)"),
    "nan": (lambda x: torch.full((len(x), 10), torch.nan), "not finite"),
    "raises": (lambda x: x @ torch.zeros(3, 3), "cannot take inputs of shape"),
}


class Applied(torch.nn.Module):
    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


@pytest.mark.parametrize("name", BROKEN)
def test_a_network_that_makes_no_logits_is_told_before_any_training(name: str) -> None:
    function, told = BROKEN[name]
    register(f"test-broken-{name}", lambda shape, classes: Applied(function))
    with pytest.raises(InputError, match=told):
        Replay(f"test-broken-{name}").begin(task_of(digits(20)[0]))


def test_a_factory_that_makes_no_module_is_told() -> None:
    register("test-no-module", lambda shape, classes: len)
    with pytest.raises(AgreementError, match=r"torch\.nn\.Module, not builtin"):
        Replay("test-no-module").begin(task_of(digits(20)[0]))


class Later(torch.nn.Module):
    """Drops nothing in its first steps, and half of its inputs after them."""

    steps = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.steps += self.training
        return torch.nn.functional.dropout(x.flatten(1), 0.5 * (self.steps > 3), self.training)


def test_a_network_may_begin_to_draw_later() -> None:
    register("test-later", lambda shape, classes: torch.nn.Sequential(Later(), torch.nn.Linear(64, classes)))
    x, y = digits(100)
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        found.append(online(quick("test-later"), x, y))
        assert torch.equal(torch.get_rng_state(), before)
    assert (found[0] == found[1]).all()


def test_networks_that_draw_random_numbers_are_repeatable_side_by_side() -> None:
    def factory(shape: tuple[int, ...], classes: int) -> torch.nn.Module:
        layers = torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(64, classes)
        return torch.nn.Sequential(*layers)

    register("test-dropout", factory)
    x, y = digits(200)
    learner = quick("test-dropout", networks=3)
    state = torch.random.get_rng_state()
    first, second = (online(learner, x, y, Numerics(3, "float32")) for _ in range(2))
    assert (first == second).all()
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_number_of_threads_is_put_back() -> None:
    x, y = digits(60)
    before = torch.get_num_threads()
    online(quick("mlp", networks=2), x, y, Numerics(2, "float32"))
    assert torch.get_num_threads() == before
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(torch.get_num_threads).result() == before


CHILD = """
import hashlib, sys
sys.path.insert(0, {here!r})
import torch
torch.set_num_threads(1)
from tests.learners.test_replay import digits, online, quick
print(hashlib.sha256(online(quick("lenet"), *digits(120)).tobytes()).hexdigest())
"""


def test_bit_identical_in_another_process() -> None:
    program = CHILD.format(here=str(Path(__file__).parents[2]))
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True) for _ in range(2)]
    assert runs[0].returncode == 0, runs[0].stderr
    assert runs[0].stdout == runs[1].stdout


def test_global_randomness_is_neither_used_nor_changed() -> None:
    x, y = digits(100)
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    before, numpy_before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    online(quick("lenet"), x, y)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert (np.random.get_state()[1] == numpy_before).all()  # noqa: NPY002


def test_another_seed_predicts_otherwise() -> None:
    x, y = digits(64)
    answers = []
    for seed in (0, 1):
        predictor = quick("mlp").begin(task_of(x, seed=seed))
        predictor.update(x, y)
        answers.append(predictor.predict(x))
    assert (answers[0] != answers[1]).any()


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 5000])
def test_schedule_ends_at_n(n: int) -> None:
    ends = list(Replay("lenet").schedule(n, 10))
    assert ends == sorted(set(ends))
    assert ends[-1:] == ([n] if n else [])
    assert all(0 < end <= n for end in ends)


@pytest.mark.parametrize("n", [1, 3, 70])
def test_probe_is_the_same_each_time(n: int) -> None:
    x, _ = digits(n)
    probes = [Replay("lenet").probe(task_of(x)) for _ in range(2)]
    assert np.isfinite(probes[0]).all()
    assert (probes[0] == probes[1]).all()
    assert (probes[0] != 0.1).any()


def test_nothing_to_send() -> None:
    x, _ = digits(5)
    learner = Replay("lenet")
    predictor = learner.begin(task_of(x[:0]))
    assert predictor.predict(x[:0]).shape == (0, 10)
    assert learner.probe(task_of(x[:0])).shape == (0, 10)


def test_predicts_inputs_that_are_not_of_the_task() -> None:
    x, y = digits(700)
    predictor = quick("mlp").begin(task_of(x[:100]))
    predictor.update(x[:100], y[:100])
    p = predictor.predict(x[100:])
    assert p.shape == (600, 10)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)


def test_refuses_more_labels_than_inputs_and_other_shapes() -> None:
    x, y = digits(20)
    predictor = quick("mlp").begin(task_of(x[:10]))
    with pytest.raises(InputError, match="10 inputs"):
        predictor.update(x, y)
    predictor.update(x[:10], y[:10])
    with pytest.raises(InputError, match="shape"):
        predictor.predict(x[:, :4])


def test_unknown_network_is_named() -> None:
    x, _ = digits(5)
    with pytest.raises(AgreementError, match="'unheard-of'"):
        Replay("unheard-of").begin(task_of(x))
    register("test-classifier", GaussianNB)
    with pytest.raises(AgreementError, match="'test-classifier' is registered as no network"):
        Replay("test-classifier").begin(task_of(x))


def test_a_recipe_travels_inside_the_learner() -> None:
    from codelength import agreement

    for recipe in (None, QUICK, GRAY, PHOTO, TABLE):
        learner = Replay("lenet", recipe)
        assert agreement.unpack(agreement.pack(learner)) == learner


def test_importing_the_learner_does_not_import_torch() -> None:
    program = "import sys, codelength.learners.replay, codelength.networks; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_a_use_that_no_recipe_is_for_is_refused() -> None:
    with pytest.raises(AgreementError, match="best"):
        Replay("lenet", use="lunch")
