"""Where a figure comes from: written beside it, in benchmarks/results/."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from codelength.process import settle
from codelength.profile import portable
from codelength.results.runs import as_json, origin

settle()  # as the command line does, before torch is imported
if "--portable" in sys.argv:  # before NumPy is imported
    portable()

RESULTS = Path(__file__).parent / "results"
MESSAGES = Path(__file__).parent / "messages"


def parser(about: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=about)
    made.add_argument("--portable", action="store_true", help="messages that other processors decode, too")
    made.add_argument("--data-dir", type=Path, help="folder with the files of MNIST and CIFAR-10")
    return made


def command() -> list[str]:
    """This script's command line."""
    return ["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]


def write(name: str, rows: Any, *, seed: int | list[int] = 0) -> None:
    """Writes results/NAME.json, in place of an older run's: rows, and what they were made with."""
    path = RESULTS / f"{name}.json"
    path.write_text(as_json(origin(command(), seed) | {"rows": rows}))
    print(f"wrote {path}")
