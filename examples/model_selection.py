"""Which of five classifiers explains handwritten digits best? Codelengths, and cross-validation beside them.

python examples/model_selection.py
"""

from __future__ import annotations

from rich.console import Console
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import codelength as cl

MODELS = {
    "nearest neighbours": KNeighborsClassifier(3),
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
    "random forest": RandomForestClassifier(n_jobs=1, random_state=0),
    "naive Bayes": GaussianNB(),
    "decision tree": DecisionTreeClassifier(random_state=0),
}


def main() -> None:
    x, y = load_digits(return_X_y=True)
    found = cl.compare(MODELS, x, y, orders=3)
    Console(width=110).print(found.rendered("digits: 1,797 labels, 3 orders, online codelengths"))
    print(*found.verdicts(), sep="\n")
    print("\nfive-fold cross-validation")
    for name in found.names:
        scores = {
            score: cross_val_score(MODELS[name], x, y, cv=5, scoring=score)
            for score in ("accuracy", "neg_log_loss")
        }
        accuracy, loss = scores["accuracy"], -scores["neg_log_loss"]
        print(
            f"{name:<20} accuracy {100 * accuracy.mean():.1f}% ± {100 * accuracy.std(ddof=1):.1f}, "
            f"log loss {loss.mean():.3f} ± {loss.std(ddof=1):.3f} nats"
        )


if __name__ == "__main__":
    main()
