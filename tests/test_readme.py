"""The README's Python, one block after the other, on the first hundred digits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
FEWER = {
    'cl.load("digits")': 'cl.load("digits").head(100)',
    "load_digits(return_X_y=True)": "(part[:100] for part in load_digits(return_X_y=True))",
}


def test_the_readmes_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code = "\n".join(BLOCKS)
    for whole, fewer in FEWER.items():
        assert whole in code
        code = code.replace(whole, fewer)
    names: dict[str, object] = {"__name__": "readme"}
    exec(code, names)
    assert (names["labels"] == names["data"].y).all()
    assert "bits" in capsys.readouterr().out
