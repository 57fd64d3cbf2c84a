"""Comparison: the same orders for all, sentences only as strong as the spread allows."""

import dataclasses
import json

import numpy as np
import pytest
from rich.console import Console
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from typer.testing import CliRunner

import codelength as cl
from codelength.cli import app
from codelength.learners.learner import Frozen
from codelength.results.comparison import FREQUENCIES, Comparison, Line


def blobs(n):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, n)
    return (2 * np.eye(3)[y] + rng.normal(size=(n, 3))).astype(np.float32), y


def made(*bits, names=("one", "other"), frequencies=(1000.0,)):
    """A comparison of models, best first, that took these bits in each order."""

    def line(name, bits):
        bits = np.array(bits, dtype=float)
        return Line(name, bits, 0.5, np.array([bits.mean() / 2, bits.mean()]))

    alone = line(FREQUENCIES, np.broadcast_to(frequencies, len(bits[0])))
    return Comparison(tuple(map(line, names, bits)), alone, (50, 100), 10)


def test_models_of_all_kinds_are_compared_best_first():
    x, y = blobs(300)
    models = {
        "bayes": GaussianNB(),
        "neighbours": "KNeighborsClassifier",
        "frequencies": cl.Frequency(),
        "network": cl.Replay("mlp", cl.Recipe(passes=1.0, early=1.0)),
    }
    found = cl.compare(models, x, y, orders=2)
    assert set(found.names) == set(models)
    assert found.best == "bayes"
    assert found.bits.shape == (4, 2)
    means = found.bits.mean(axis=1)
    assert (np.diff(means) >= 0).all()
    np.testing.assert_allclose(found.course[:, -1], means)
    assert (np.diff(found.course, axis=1) > 0).all()
    alone = cl.OnlineCode(cl.Frequency(), seed=1).measure(x, y, classes=range(3)).ideal_bits
    assert found.bits[found.names.index("frequencies"), 1] == alone == found.frequencies.bits[1]


def test_a_sure_difference_is_told_as_odds():
    found = made([100, 104, 102], [150, 153, 154])
    mean, error = found.difference("one", "other")
    assert mean == pytest.approx(50 + 1 / 3)
    assert error == pytest.approx(np.std([50, 49, 52], ddof=1) / np.sqrt(3))
    assert found.settled("one", "other")
    assert "better than other by 50.3" in found.verdicts()[0]
    assert "2^50" in found.verdicts()[0]


def test_a_difference_within_the_spread_is_not():
    for found in (
        made([100, 120, 110], [130, 118, 112]),
        made([100.0, 100.0], [100.0, 100.0]),
        made([100] * 4, [110, 110, 110, 99]),  # 7.25 ± 2.75, but not of one sign
        made([100] * 3, [101, 105, 101]),  # of one sign, but 2.3 ± 1.3
    ):
        assert not found.settled("one", "other")
        assert "cannot be told apart" in found.verdicts()[0]
        assert "2^" not in found.verdicts()[0]


def test_one_order_says_nothing_of_the_spread():
    found = made([100], [150])
    assert not found.settled("one", "other")
    assert "one order" in found.verdicts()[0]


def test_the_table_and_the_rows_tell_the_same():
    found = made([100, 104], [150, 153])
    console = Console(width=120)
    with console.capture() as captured:
        console.print(found.rendered("title"))
    text = captured.get()
    assert "102.0" in text
    assert "49.5" in text
    assert text.rstrip().splitlines()[-1].split()[:5] == [*FREQUENCIES.split(), "1,000.0"]
    rows = found.rows()
    assert [(row["code"], row["model"]) for row in rows] == [
        ("online", "one"),
        ("online", "other"),
        ("frequency", None),
    ]
    assert [row["mean_bits"] for row in rows] == [102.0, 151.5, 1000.0]
    assert rows[0]["course"] == [[50, 51.0], [100, 102.0]]


def test_where_no_model_beats_the_labels_own_frequencies_none_explains_anything():
    for frequencies in (99.0, 102.0, 99.5):
        first, second = made([100, 104], [150, 153], frequencies=frequencies).verdicts()
        assert first.startswith(f"None of these models takes fewer bits than {FREQUENCIES} ({frequencies}")
        assert second == "one takes 49.5 ± 0.5 bits fewer than other"
    alone = made([100], [150], frequencies=99.0).verdicts()
    assert alone[0].startswith("None of these models")
    lucky = made([100, 104], [150, 153], frequencies=(108.0, 113.0)).verdicts()
    assert lucky[0] == f"one takes 8.5 bits fewer than {FREQUENCIES} (110.5), no more than luck explains"
    unsure = made([100, 140], [250, 253], frequencies=(145.0, 141.0)).verdicts()
    assert unsure[0].startswith(f"{FREQUENCIES} and one cannot be told apart")
    assert not any("better" in said for said in lucky + unsure)
    assert len(made([100, 104], [150, 153], frequencies=(112.0, 115.0)).verdicts()) == 1


def test_models_of_random_labels_explain_nothing():
    x = np.random.default_rng(0).normal(size=(200, 3))
    for seed in range(3):
        y = np.random.default_rng(seed).integers(0, 3, 200)
        found = cl.compare(["GaussianNB", "DecisionTreeClassifier"], x, y, orders=2)
        assert any(said in found.verdicts()[0] for said in ("explain nothing", "luck explains"))
        assert not any("better" in said for said in found.verdicts())


@dataclasses.dataclass(frozen=True)
class Ignorant(cl.Learner):
    """Knows of no label more than of any other, ever."""

    def begin(self, task):
        return Frozen(lambda x: np.full((len(x), task.classes), 1 / task.classes))

    def schedule(self, n, classes):
        yield n


def test_who_predicts_uniformly_explains_nothing_though_frequencies_take_more():
    y = np.random.default_rng(0).permutation(np.arange(1500) % 10)
    models = {"ignorant": Ignorant(), "frequencies": cl.Frequency()}
    found = cl.compare(models, np.arange(1500.0), y, orders=2)
    assert found.best == "ignorant"
    assert found.frequencies.mean > found.models[0].mean + 10
    first, second = found.verdicts()
    assert first.startswith("None of these models takes fewer bits than the uniform code (4,982.9)")
    assert "better" not in second


def test_nonsense_is_refused_before_any_work():
    x, y = blobs(30)
    with pytest.raises(cl.InputError, match="two models"):
        cl.compare([GaussianNB()], x, y)
    with pytest.raises(cl.InputError, match="two models"):
        cl.compare(["SVC", "SVC"], x, y)
    with pytest.raises(cl.InputError, match="each of another name"):
        cl.compare(["SVC", "SVC", "GaussianNB"], x, y)
    with pytest.raises(cl.AgreementError, match="nonsense"):
        cl.compare(["nonsense", "SVC"], x, y)
    with pytest.raises(cl.InputError, match="not compared"):
        made([1.0], [2.0]).difference("one", "third")
    accounts = []
    with pytest.raises(cl.AgreementError, match="no probabilities"):
        cl.compare(["GaussianNB", "SVC"], x, y, progress=accounts.append)
    with pytest.raises(cl.InputError, match="'lenet-5' does not fit"):
        cl.compare(["GaussianNB", "lenet-5"], x, y, progress=accounts.append)
    assert not accounts


def test_the_command_prints_a_table_and_verdicts(tmp_path):
    x, y = blobs(200)
    np.savez(tmp_path / "blobs.npz", x=x, y=y)
    out = tmp_path / "rows.json"
    command = ["compare", "--data", str(tmp_path / "blobs.npz"), "--models", "GaussianNB,nearest-neighbours"]
    result = CliRunner().invoke(app, [*command, "--orders", "2", "--json", str(out)])
    assert result.exit_code == 0, result.output
    assert "200 labels, 2 orders" in result.output
    assert "GaussianNB" in result.output
    rows = json.loads(out.read_text())
    assert [row["code"] for row in rows] == ["online", "online", "frequency"]
    assert {row["model"] for row in rows} == {"GaussianNB", "nearest-neighbours", None}
    assert FREQUENCIES in result.output


def test_every_classifier_gets_a_codelength():
    x, y = blobs(60)
    found = cl.compare([DummyClassifier(), KNeighborsClassifier(1)], x, y, orders=1)
    assert found.best == repr(KNeighborsClassifier(1))
