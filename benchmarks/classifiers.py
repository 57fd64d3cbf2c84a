"""scikit-learn's classifiers through Refit on digits: mean and standard deviation over five orders.

python benchmarks/classifiers.py
"""

from __future__ import annotations

import time
from typing import Any

from provenance import parser, write

# isort: split
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from codelength.codes.online import OnlineCode
from codelength.data import load
from codelength.learners.calibration import Calibrated
from codelength.learners.refit import Refit

SEEDS = range(5)
CLASSIFIERS: dict[str, Any] = {
    "LogisticRegression": LogisticRegression(),
    "RandomForestClassifier": RandomForestClassifier(),
    "KNeighborsClassifier": KNeighborsClassifier(3),
    "HistGradientBoostingClassifier": HistGradientBoostingClassifier(max_iter=30),
    "Pipeline(StandardScaler, LogisticRegression)": make_pipeline(StandardScaler(), LogisticRegression()),
}


def main() -> None:
    parser(__doc__).parse_args()
    data = load("digits")
    rows = []
    for name, classifier in CLASSIFIERS.items():
        for calibrated in (False, True):
            learner: Any = Calibrated(Refit(classifier)) if calibrated else Refit(classifier)
            started = time.perf_counter()
            runs = [
                OnlineCode(learner, seed=seed).measure(data.x, data.y, classes=data.classes) for seed in SEEDS
            ]
            kbits = np.array([run.kbits for run in runs])
            rows.append(
                {
                    "data": "digits",
                    "code": "online:refit",
                    "model": name,
                    "calibrated": calibrated,
                    "n": runs[0].n,
                    "classes": runs[0].classes,
                    "ideal_kbits": [round(float(k), 4) for k in kbits],
                    "mean": round(float(kbits.mean()), 4),
                    "standard_deviation": round(float(kbits.std(ddof=1)), 4),
                    "sequential_accuracy": round(
                        float(np.mean([run.sequential_accuracy for run in runs])), 4
                    ),
                    "seconds_a_run": round((time.perf_counter() - started) / len(SEEDS), 2),
                }
            )
            print(rows[-1], flush=True)
    write("digits-classifiers", rows, seed=list(SEEDS))


if __name__ == "__main__":
    main()
