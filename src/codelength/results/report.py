"""One page that tells of a folder of runs: the table, the figures, and where each number comes from."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from codelength.errors import InputError, MessageError
from codelength.files import require_new, write_new
from codelength.message import DIGEST_BYTES, Message
from codelength.results import paper
from codelength.results.figures import Drawing, drawings
from codelength.results.runs import Row, Runs, as_json
from codelength.results.table import compresses, number, percent
from codelength.version import __version__

_DPI = 150
#: what a line of the CSV file holds; the JSON file has all
_COLUMNS = (
    "data", "code", "model", "n", "classes", "seed", "payload_bits", "ideal_bits", "ratio", "parameter_bits",
    "choice_bits", "bound_bits", "bound_error", "message_bits", "returned_bits", "framing_bits",
    "sequential_accuracy", "test_accuracy", "encode_seconds", "decode_seconds", "decoded", "message",
)  # fmt: skip


def report(runs: Runs, out: Path, figures: Path | None = None) -> list[Path]:
    """Writes the page; with a folder of `figures` each of them as PNG and SVG, the numbers as CSV and JSON.

    The page needs no network. Returns the files written. Raises InputError for a folder without runs, and
    for files that are there already.
    """
    rows = runs.all()
    if not rows:
        raise InputError(f"there are no runs in {runs.folder}: codelength table … --runs {runs.folder}")
    groups = [(data, best(mine), mine) for data, mine in by_data(rows).items()]
    drawn = {data: list(drawings(data, top, mine)) for data, top, mine in groups}
    files = {out: _page(runs, groups, drawn, out.parent).encode()}
    if figures is not None:
        files |= {figures / name: content for name, content in _beside(rows, drawn).items()}
        try:
            figures.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make the folder {figures}: {error.strerror}") from None
    require_new(*files)
    for path, content in files.items():
        write_new(path, content)
    return list(files)


def by_data(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Runs by their data set: those of fewer labels stand apart."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["data"], []).append(row)
    return found


def best(rows: Sequence[Row]) -> list[Row]:
    """The shortest decoded message of each code, in the order of the catalogue; else the shortest."""
    from codelength.codes.catalogue import CODES

    order = {code: place for place, code in enumerate(CODES)}
    found: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (not row["decoded"], row["payload_bits"])):
        found.setdefault(row["code"], row)
    return sorted(found.values(), key=lambda row: order.get(row["code"], len(order)))


def _page(
    runs: Runs, groups: Sequence[tuple[str, list[Row], list[Row]]], drawn: dict[str, list[Drawing]], at: Path
) -> str:
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("codelength", "results"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def cells(rows: Sequence[Row]) -> list[dict[str, Any]]:
        return [_cells(row) | {"message": _link(runs, row, at)} for row in rows]

    tables = [
        {
            "data": data,
            "labels": max(row["n"] for row in mine),
            "classes": mine[0]["classes"],
            "rows": cells(top),
            "others": cells([row for row in mine if not any(row is one for one in top)]),
            "apart": sorted({row["code"] for row in top if len(_choices(row, mine)) > 1}),
            "in_vain": [row["code"] for row in top if not compresses(row)],
            "figures": [
                {"name": each.name, "caption": each.caption, "svg": Markup(_svg(each))}
                for each in drawn[data]
            ],
            "runs": [_settings(runs, row) for row in mine],
        }
        for data, top, mine in groups
    ]
    return environment.get_template("report.html.j2").render(tables=tables, version=__version__)


def _cells(row: Row) -> dict[str, Any]:
    """A row as the page shows it."""
    return row | {
        "kbits": f"{row['payload_bits'] / 1000:,.3f}",
        "ratio": number(row["ratio"], 4),
        "paper": paper.KBITS.get((row["data"], row["code"]), ""),
        "parameters": f"{row['parameter_bits'] / 1000:,.3f}" if row["parameter_bits"] else "",
        "bound": f"{row['bound_bits'] / 1000:,.3f} ± {row['bound_error'] / 1000:.3f}"
        if row.get("bound_bits")
        else "",
        "test": percent(row["test_accuracy"]),
        "sequential": percent(row["sequential_accuracy"]),
    }


def _choices(row: Row, rows: Sequence[Row]) -> set[tuple[Any, ...]]:
    """What runs of a row's code there are, those among which one choice is paid for together."""
    mine = [other for other in rows if other["code"] == row["code"]]
    return {(other.get("seed"), *(other.get("among") or [other["model"]])) for other in mine}


def _link(runs: Runs, row: Row, at: Path) -> str:
    """From the page to a row's message; nothing where it is not on disk."""
    path = runs.folder / row.get("message", "")
    return "./" + quote(Path(os.path.relpath(path, at)).as_posix()) if path.is_file() else ""


def _settings(runs: Runs, row: Row) -> dict[str, Any]:
    """Where a number comes from, and its message's digest."""
    path = runs.folder / row.get("message", "")
    try:
        digest = bytes(Message.load(path))[-DIGEST_BYTES:].hex() if path.is_file() else "no message on disk"
    except MessageError as error:
        digest = f"damaged: {error}"
    return {"row": row, "digest": digest}


def _beside(rows: Sequence[Row], drawn: dict[str, list[Drawing]]) -> dict[str, bytes]:
    files = {}
    for each in (drawing for group in drawn.values() for drawing in group):
        image = io.BytesIO()
        each.figure.savefig(image, format="png", dpi=_DPI)
        files[f"{each.name}.png"] = image.getvalue()
        files[f"{each.name}.svg"] = _svg(each).encode()
    lines = io.StringIO()
    table = csv.DictWriter(lines, _COLUMNS, extrasaction="ignore")
    table.writeheader()
    table.writerows(rows)
    return files | {"runs.csv": lines.getvalue().encode(), "runs.json": as_json(list(rows)).encode()}


def _svg(drawing: Drawing) -> str:
    """The figure as an SVG element, the same bytes each time."""
    import matplotlib as mpl

    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": drawing.name}):
        drawing.figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()[text.getvalue().index("<svg") :]
