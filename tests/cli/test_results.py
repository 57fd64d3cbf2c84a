"""table, measure and report: what is printed, and what is kept."""

import json

import numpy as np
import pandas as pd
import pytest

from ..made import sample

ROW = {
    "data", "code", "model", "n", "classes", "payload_bits", "ideal_bits", "framing_bits", "choice_bits",
    "ratio", "test_accuracy", "sequential_accuracy", "encode_seconds", "decode_seconds", "decoded",
}  # fmt: skip


def test_names_are_no_markup(run, tmp_path):
    x, y = sample(40)
    np.savez(tmp_path / "data[final].npz", x=x, y=y)
    code, out, _ = run("table", "data[final].npz", "--codes", "uniform,frequency", "--json", "rows.json")
    assert code == 0
    assert "data[final].npz: 40 labels" in out


def test_labels_that_are_all_alike_make_plain_json(run, tmp_path):
    np.savez(tmp_path / "alike.npz", x=sample(40)[0], y=np.zeros(40, int))
    assert run("table", "alike.npz", "--codes", "uniform", "--json", "rows.json")[0] == 0
    (row,) = json.loads((tmp_path / "rows.json").read_text(), parse_constant=pytest.fail)
    assert row["alphabet_bits"] == row["payload_bits"]
    assert row["ratio"] == 1.0  # the uniform code sends the alphabet, too
    labels = np.zeros(40, int)
    np.savez(tmp_path / "agreed.npz", x=sample(40)[0], y=labels)
    encode = ("encode", "--data", "agreed.npz", "--classes", "0", "--code", "uniform", "--out", "m.cl")
    assert run(*encode, "--json", "agreed.json")[0] == 0
    (row,) = json.loads((tmp_path / "agreed.json").read_text(), parse_constant=pytest.fail)
    assert row["ratio"] is None


@pytest.mark.usefixtures("data")
def test_table_decodes_every_row_and_writes_them(run, tmp_path):
    codes = (
        "uniform,frequency,shannon,shannon:huffman,two-part:float32,two-part:deep-compression,"
        "variational:bits-back,variational:relative-entropy,online,online:refit"
    )
    written = ["--json", "rows.json", "--runs", "kept", "--curve", "curve.png"]
    code, out, err = run("table", "alice.npz", "--codes", codes, *written)
    assert code == 0
    assert "alice-uniform: 0.240 kbits in 0 s; 9 of 10 runs left" in err
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert [row["code"] for row in rows] == codes.split(",")
    for row in rows:
        assert set(row) >= ROW
        assert row["decoded"] is True
        assert row["code"] in out
    by_code = {row["code"]: row for row in rows}
    assert by_code["shannon"]["n"] == 54  # both ends hold a tenth
    assert by_code["shannon:huffman"]["payload_bits"] >= 54
    assert by_code["two-part:float32"]["parameter_bits"] > 0
    assert all(row["curve"][-1] == [row["n"], round(row["ideal_bits"], 2)] for row in rows)
    assert 0 <= by_code["online:refit"]["test_accuracy"] <= 1
    assert (tmp_path / "kept" / "alice-online.cl").exists()


def test_a_table_of_ones_own_goes_through_every_command(run, tmp_path):
    x, y = sample(60)
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "kind": np.array(["ant", "bee", "cat"])[y]})
    frame.to_csv(tmp_path / "mine.csv", index=False)
    frame.drop(columns="kind").to_csv(tmp_path / "bobs.csv", index=False)
    of = ("--target", "kind", "--code", "online:refit", "--model", "GaussianNB")
    assert run("encode", "--data", "mine.csv", *of, "--out", "m.cl")[0] == 0
    assert run("decode", "m.cl", "--data", "bobs.csv", "--out", "y.npy")[0] == 0
    assert np.load(tmp_path / "y.npy").tolist() == frame["kind"].tolist()
    code, _, err = run("table", "mine.csv", "--target", "kind", "--codes", "uniform")
    assert code == 0, err


@pytest.mark.usefixtures("data")
def test_measure_counts_what_encode_sends(run, tmp_path):
    of = ("--data", "alice.npz", "--code", "online:refit", "--model", "GaussianNB", "--seed", "2")
    _, told, _ = run("measure", *of, "--json", "counted.json")
    run("encode", *of, "--out", "m.cl", "--json", "row.json")
    (counted,), (row,) = (json.loads((tmp_path / name).read_text()) for name in ("counted.json", "row.json"))
    assert f"{row['ideal_bits']:,.2f} bits" in told
    uniform = counted["alphabet_bits"] + 60 * np.log2(3)
    assert counted.pop("ratio") == pytest.approx(counted["ideal_bits"] / uniform)
    assert counted == {key: row[key] for key in counted}
    assert row.keys() - counted.keys() >= {"payload_bits", "framing_bits", "encode_seconds", "decoded"}
    code, _, err = run("measure", *of, "--json", "row.json")
    assert (code, "exists" in err) == (1, True)


@pytest.mark.usefixtures("data")
def test_runs_are_kept_and_told_of_on_a_page(run, tmp_path):
    kept = ["--codes", "uniform,frequency", "--first", "40", "--runs", "kept"]
    code, out, _ = run("table", "alice.npz", *kept)
    assert code == 0
    assert "THE FIRST 40 LABELS ONLY" in out
    assert "Does not compress these labels: uniform" in out
    _, _, err = run("table", "alice.npz", *kept)
    assert "2 of 2 runs are there already" in err
    code, out, _ = run("report", "kept", "--out", "page.html", "--figures", "figures")
    assert code == 0
    assert "wrote page.html" in out
    assert "frequency" in (tmp_path / "page.html").read_text()
    assert (tmp_path / "figures" / "runs.csv").exists()
    code, _, err = run("report", "kept", "--out", "page.html")
    assert (code, "exists" in err) == (1, True)


@pytest.mark.usefixtures("data")
def test_a_budget_that_is_none_and_a_model_beside_all_are_refused(run):
    code, _, err = run("table", "alice.npz", "--all", "--budget", "endless")
    assert (code, "quick, paper or best" in err) == (1, True)
    code, _, err = run("table", "alice.npz", "--all", "--model", "shallow")
    assert (code, "--model or --all" in err) == (1, True)
