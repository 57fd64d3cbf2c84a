"""How few bits send the labels of a data set: codes that measure it, and messages that do it.

Blier and Ollivier, The Description Length of Deep Learning Models, NeurIPS 2018. Everything is in
bits; 1 kbit is 1,000 bits.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from codelength.version import __version__

if TYPE_CHECKING:
    from codelength.agreement import register, registered
    from codelength.checkpoint import Checkpoint
    from codelength.codes.best import BestOf
    from codelength.codes.catalogue import code
    from codelength.codes.online import OnlineCode
    from codelength.codes.receiving import Received, decode, receive
    from codelength.codes.shannon import HuffmanCode, ShannonCode, fitted
    from codelength.codes.two_part import TwoPartCode
    from codelength.codes.uniform import UniformCode
    from codelength.codes.variational import BitsBackCode, RelativeEntropyCode
    from codelength.compression.deep import DeepCompression
    from codelength.compression.floats import Floats
    from codelength.compression.subspace import Subspace
    from codelength.data import DataSet, load
    from codelength.errors import (
        AgreementError,
        CodelengthError,
        DataError,
        InputError,
        MessageError,
        NotPortableError,
        NumericsError,
        OtherInputsError,
    )
    from codelength.learners.calibration import Calibrated
    from codelength.learners.columns import Columns
    from codelength.learners.frequency import Frequency
    from codelength.learners.learner import Learner, Predictor
    from codelength.learners.refit import Refit
    from codelength.learners.replay import Replay
    from codelength.learners.retrain import Retrain
    from codelength.learners.spread import Spread
    from codelength.learners.switching import Switching
    from codelength.message import Measurement, Message
    from codelength.numerics import Numerics
    from codelength.profile import is_portable, portable
    from codelength.results.comparison import Comparison, compare
    from codelength.results.probing import probe
    from codelength.task import Task
    from codelength.training.recipe import Recipe

_MODULES = {
    "agreement": ("register", "registered"),
    "checkpoint": ("Checkpoint",),
    "codes.best": ("BestOf",),
    "codes.catalogue": ("code",),
    "codes.online": ("OnlineCode",),
    "codes.receiving": ("Received", "decode", "receive"),
    "codes.shannon": ("HuffmanCode", "ShannonCode", "fitted"),
    "codes.two_part": ("TwoPartCode",),
    "codes.uniform": ("UniformCode",),
    "codes.variational": ("BitsBackCode", "RelativeEntropyCode"),
    "compression.deep": ("DeepCompression",),
    "compression.floats": ("Floats",),
    "compression.subspace": ("Subspace",),
    "data": ("DataSet", "load"),
    "errors": (
        "AgreementError",
        "CodelengthError",
        "DataError",
        "InputError",
        "MessageError",
        "NotPortableError",
        "NumericsError",
        "OtherInputsError",
    ),
    "learners.calibration": ("Calibrated",),
    "learners.columns": ("Columns",),
    "learners.frequency": ("Frequency",),
    "learners.learner": ("Learner", "Predictor"),
    "learners.refit": ("Refit",),
    "learners.replay": ("Replay",),
    "learners.retrain": ("Retrain",),
    "learners.spread": ("Spread",),
    "learners.switching": ("Switching",),
    "message": ("Measurement", "Message"),
    "numerics": ("Numerics",),
    "profile": ("is_portable", "portable"),
    "results.comparison": ("Comparison", "compare"),
    "results.probing": ("probe",),
    "task": ("Task",),
    "training.recipe": ("Recipe",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    # imported when first asked for, so that the command line answers at once
    if name not in _HOME:
        raise AttributeError(f"module 'codelength' has no attribute {name!r}")
    return getattr(importlib.import_module(f"codelength.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
