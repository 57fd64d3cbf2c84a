"""What is committed tells one truth: message, result and README."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codelength.message import Message
from codelength.results.report import report
from codelength.results.runs import Runs

ROOT = Path(__file__).parent.parent
RESULTS = Runs(ROOT / "benchmarks" / "results", ROOT / "benchmarks" / "messages")
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
    assert any(row["code"] in line for line in lines), f"{row['code']} {said} is not in the README"


@pytest.mark.skipif(not ROWS, reason="there are no results beside the tests")
def test_a_report_tells_of_all_that_is_committed(tmp_path):
    report(RESULTS, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert all(f"{row['payload_bits'] / 1000:,.3f}" in text for row in ROWS)
