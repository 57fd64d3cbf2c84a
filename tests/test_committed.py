"""What is committed tells one truth: message, result and README."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from codelength.codes.receiving import code_of
from codelength.data import load
from codelength.message import Message
from codelength.numerics import named, surroundings
from codelength.results.report import report
from codelength.results.runs import Runs

ROOT = Path(__file__).parent.parent
RESULTS = Runs(ROOT / "benchmarks" / "results", ROOT / "benchmarks" / "messages")
#: codes whose messages of digits decode in seconds
SHORT = (
    "frequency",
    "online-refit",
    "two-part-float32",
    "two-part-deep-compression",
    "two-part-subspace",
    "variational-relative-entropy",
)
ROWS = RESULTS.all() if RESULTS.folder.is_dir() else []


def test_benchmarks_can_be_portable():
    command = [sys.executable, str(ROOT / "benchmarks" / "table.py"), "digits", "--portable", "--help"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr


@pytest.mark.parametrize("row", ROWS, ids=[Path(row["message"]).stem for row in ROWS])
def test_a_row_is_its_message_and_its_line_in_the_readme(row):
    message = Message.load(RESULTS.folder / row["message"])
    assert message.payload_bits == row["payload_bits"]
    assert message.framing_bits == row["framing_bits"]
    assert message.header.n == row["n"]
    assert row["decoded"] is True
    assert (
        abs(row["payload_bits"] - row["ideal_bits"]) <= 0.001 * row["message_bits"] + 64
        or "huffman" in row["code"]
    )
    kbits = row["payload_bits"] / 1000
    said = f"{kbits:.3f}" if kbits < 1000 or row["data"] != "digits" else f"{kbits:,.0f}"
    readme = (ROOT / "README.md").read_text()
    lines = [line for line in readme.replace("**", "").replace(",", "").splitlines() if said in line]
    told = [row["code"]]
    if row["data"] != "digits":  # in which the demo has other seconds, and no column for the ratio's network
        told += [f"{row['ratio']:.4f}"]
        told += [f"{100 * row['test_accuracy']:.2f}%"] if row["model"] and row["test_accuracy"] else []
    assert any(all(word in line for word in told) for line in lines), f"{told} {said} is not in the README"


@pytest.mark.skipif(not ROWS, reason="there are no results beside the tests")
def test_every_message_has_a_row():
    messages = {path.name for path in (ROOT / "benchmarks" / "messages").glob("*.cl")}
    assert {Path(row["message"]).name for row in ROWS} == messages


@pytest.mark.skipif(not ROWS, reason="there are no messages beside the tests")
@pytest.mark.parametrize("code", SHORT)
def test_a_committed_message_still_decodes_or_names_the_versions_that_it_wants(code, tmp_path):
    message, out = RESULTS.folder.parent / "messages" / f"digits-{code}.cl", tmp_path / "labels.npy"
    command = [sys.executable, "-m", "codelength", "decode", message, "--data", "digits", "--out", out]
    bob = subprocess.run(command, capture_output=True, text=True, check=False)
    sent = Message.load(message)
    ours = surroundings(code_of(sent).libraries)
    there = named(sent.header.surroundings, ours)
    versions = ours.keys() - {"instructions", "processor"}
    if others := [name for name in versions if there[name] != ours[name]]:
        assert bob.returncode == 1
        assert all(f"{name} {there[name]} there" in bob.stderr for name in others), bob.stderr
    else:
        assert bob.returncode == 0, bob.stderr
        np.testing.assert_array_equal(np.load(out), load("digits").y)


@pytest.mark.skipif(not ROWS, reason="there are no results beside the tests")
def test_a_report_tells_of_all_that_is_committed(tmp_path):
    report(RESULTS, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert all(f"{row['payload_bits'] / 1000:,.3f}" in text for row in ROWS)
