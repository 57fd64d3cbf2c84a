"""Where a figure comes from: written beside it, in benchmarks/results/."""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

from codelength.results.experiment import as_json

# as the command line does, before torch is imported: its threads else wait for each other in long loops
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

RESULTS = Path(__file__).parent / "results"
MESSAGES = Path(__file__).parent / "messages"
_LIBRARIES = ("codelength", "torch", "scikit-learn", "numpy", "scipy", "constriction")


def parser(about: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=about)
    made.add_argument("--data-dir", type=Path, help="folder with the files of MNIST and CIFAR-10")
    return made


def write(name: str, rows: Any, *, seed: int | list[int] = 0) -> None:
    """Writes results/NAME.json, in place of an older run's: rows, and what they were made with."""
    content = {
        "command": " ".join(["python", *map(shlex.quote, _argv())]),
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": _machine(),
        "versions": {"python": platform.python_version()}
        | {library: importlib.metadata.version(library) for library in _LIBRARIES},
        "seed": seed,
        "rows": rows,
    }
    _save(name, content)


def read(name: str) -> Any:
    """The rows of results/NAME.json."""
    return json.loads((RESULTS / f"{name}.json").read_text())["rows"]


def amend(name: str, rows: Any) -> None:
    """Puts rows in place of those in results/NAME.json; what they were made with stays."""
    _save(name, json.loads((RESULTS / f"{name}.json").read_text()) | {"rows": rows})


def _save(name: str, content: Any) -> None:
    path = RESULTS / f"{name}.json"
    path.write_text(as_json(content))
    print(f"wrote {path}")


def _argv() -> list[str]:
    """The command as anyone would type it: this machine's folders are of no use to others."""
    words = [f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]
    return [
        "DIR" if before == "--data-dir" else word for before, word in zip(["", *words], words, strict=False)
    ]


def _machine() -> dict[str, Any]:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].split(":", 1)[1].strip() if lines else model
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), "system": platform.system()}
