"""The contract of a learner, as docs/learners.md tells it to who writes one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import codelength as cl
from codelength.agreement import pack, unpack
from codelength.checkpoint import Restorable

from ..made import sample, task_of

PAGE = Path(__file__).parents[2].joinpath("docs/learners.md").read_text()


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """What the page's example defines; it decodes its own message."""
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(block, "docs/learners.md", "exec", dont_inherit=True), names)
    return names


def test_the_example_compresses(example: dict[str, Any]) -> None:
    assert example["message"].ratio < 0.5
    assert example["message"].header.surroundings  # numpy's version travels


def test_the_example_travels_and_goes_on(example: dict[str, Any]) -> None:
    learner = example["ClassMeans"](2.0)
    assert unpack(pack(cl.OnlineCode(learner))) == cl.OnlineCode(learner)
    x, y = sample(60)
    task = task_of(x, 3)
    whole, resumed = learner.begin(task), learner.begin(task)
    assert isinstance(whole, Restorable)
    whole.update(x[:30], y[:30])
    resumed.restore(whole.state())
    for predictor in (whole, resumed):
        predictor.update(x[30:], y[30:])
    np.testing.assert_array_equal(whole.predict(x), resumed.predict(x))
    assert not (whole.predict(x) == learner.begin(task).predict(x)).all()
