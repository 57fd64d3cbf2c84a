"""A small data set with a test split, and a folder of its runs."""

from __future__ import annotations

import numpy as np
import pytest

from codelength.data.source import Source
from codelength.results.runs import Runs
from codelength.results.sweep import planned, swept

from ..made import sample

CODES = ("uniform", "frequency", "online:refit", "two-part:float32", "two-part:deep-compression",
         "variational:relative-entropy")  # fmt: skip
MODELS = ("GaussianNB", "nearest-neighbours", "shallow", "shallow-64")


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """120 labelled inputs of three classes, in a file."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    x, y = sample(120)
    x_test, y_test = sample(40, seed=1)
    np.savez(path, x=x, y=y, x_test=x_test, y_test=y_test)
    return Source(str(path))


@pytest.fixture(scope="session")
def runs(source, tmp_path_factory):
    """The runs of six codes with all models that can serve them, the best of each decoded."""
    kept = Runs(tmp_path_factory.mktemp("runs"))
    list(swept(planned([source], CODES, MODELS), kept, ["codelength", "table"]))
    return kept
