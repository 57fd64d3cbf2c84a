"""A classifier that stays with its owner: labels are measured with it, and none are sent."""

from __future__ import annotations

import contextlib
import copy
from dataclasses import dataclass
from typing import Any

from codelength.agreement import Agreement
from codelength.errors import AgreementError
from codelength.learners.classifiers import REGISTER, Classifier, describe, require_probabilities, seeded


@dataclass(frozen=True, repr=False)
class Local(Agreement):
    """An unfitted estimator with `fit` and `predict_proba`, and the reason why it cannot travel."""

    estimator: Any
    reason: str

    def __repr__(self) -> str:
        return " ".join(repr(self.estimator).split())  # scikit-learn's takes several lines

    def why_it_stays(self) -> str:
        return self.reason if REGISTER in self.reason else f"{self.reason}; or {REGISTER}"

    def build(self, seed: int = 0) -> Any:
        """A copy; a `random_state` of None, in any of its parts, becomes `seed`.

        Raises AgreementError for an estimator that cannot be copied.
        """
        copied = self._copied()
        with contextlib.suppress(TypeError):  # of another kind than scikit-learn's, whatever it calls alike
            return seeded(copied, seed)
        return copied

    def _copied(self) -> Any:
        from sklearn.base import clone

        with contextlib.suppress(Exception):  # a constructor that does more than store its parameters
            return clone(self.estimator, safe=False)
        try:
            return copy.deepcopy(self.estimator)
        except Exception as error:  # a user's own classifier may raise anything
            raise AgreementError(f"{self} cannot be copied for each fit ({error}); {REGISTER}") from error


def standing_for(estimator: Any) -> Classifier | Local:
    """What a user's estimator is in an agreement: its description, or itself where it cannot travel.

    Raises AgreementError for a class in place of an object, and for one without `fit` or probabilities.
    """
    try:
        return describe(estimator)
    except AgreementError as error:
        if isinstance(estimator, type) or not hasattr(estimator, "fit"):
            raise
        require_probabilities(estimator)
        return Local(estimator, str(error))
