"""Imports run one way: what stands below knows nothing of what stands above."""

from __future__ import annotations

import ast
from pathlib import Path

import codelength

ROOT = Path(codelength.__file__).parent
#: from the bottom up; those in one line do not know each other
LAYERS = (
    {"errors", "version"},
    {"files", "process", "profile", "checkpoint", "entropy", "labels", "order", "workers", "agreement"},
    {"numerics", "channel"},
    {"task", "message"},
    {"data", "networks"},
    {"training"},
    {"learners", "compression"},
    {"codes"},
    {"results"},
    {"cli"},
)
HEIGHT = {part: height for height, layer in enumerate(LAYERS) for part in layer}
#: inside functions: a name that is built in cannot be registered
EXCEPTIONS = {("agreement", "networks")}


def parts_imported(source: str) -> set[str]:
    """The parts of the package that a module imports, inside functions and for types, too."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name the package"
            names |= {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
    return {name.split(".")[1] for name in names if name.startswith("codelength.")}


def test_imports_run_one_way() -> None:
    wrong = []
    for path in sorted(ROOT.rglob("*.py")):
        part = path.relative_to(ROOT).parts[0].removesuffix(".py")
        if part.startswith("__"):  # what a user imports and runs
            continue
        others = parts_imported(path.read_text()) - {part}
        above = {other for other in others if HEIGHT[other] >= HEIGHT[part]}
        wrong += [(path.name, other) for other in above if (part, other) not in EXCEPTIONS]
    assert wrong == []
