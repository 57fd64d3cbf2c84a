"""Bits against labels, drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from codelength.entropy import uniform_bits
from codelength.errors import InputError
from codelength.files import write_new
from codelength.results.runs import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
_GROWTH = 1.08  # of labels, from one point that is kept to the next


def thinned(curve: npt.NDArray[np.float64], digits: int = 2) -> list[list[float]]:
    """Points [labels, value] of a curve (blocks, 2), about evenly spread on a logarithmic axis."""
    kept: list[list[float]] = []
    for place, (labels, value) in enumerate(curve):
        if not kept or labels >= _GROWTH * kept[-1][0] or place == len(curve) - 1:
            kept.append([int(labels), round(float(value), digits)])
    return kept


def drawn(rows: Sequence[Row]) -> Figure:
    """The curves of rows of the table: kbits in all; bits a label as they come, beside the uniform code."""
    from matplotlib.figure import Figure

    figure = Figure(layout="constrained")
    total, each = figure.subplots(1, 2)
    draw_total(total, rows)
    draw_each(each, rows)
    lines = [*total.lines, *each.lines[len(total.lines) :]]  # of each row one, and the uniform code's
    figure.set_size_inches(9, 3.4 + 0.22 * len(lines))
    figure.legend(handles=lines, loc="outside lower center", fontsize="small", frameon=False)
    return figure


def draw_total(axes: Axes, rows: Sequence[Row], log: bool = False) -> None:
    """Codelength so far, in kbits, against labels sent."""
    for row in rows:
        labels, bits = _points(row)
        axes.plot(labels[log:], bits[log:] / 1000, label=f"{named(row)}: {bits[-1] / 1000:.2f} kbits (ideal)")
    scale(axes, "codelength (kbits)", labels=True, x_log=log, y_log=log)
    ends = [row["curve"][-1][1] for row in rows if row["curve"]]
    top = 1.2 * max((_uniform(row) for row in rows), default=0.0)
    if not log and ends and min(ends) < top < max(ends):  # so that one long message does not flatten the rest
        axes.set_ylim(0, top / 1000)


def draw_each(axes: Axes, rows: Sequence[Row], log: bool = True) -> None:
    """Bits of each label as they came, the uniform code's beside them."""
    for row in rows:
        labels, bits = _points(row)
        axes.step(labels[1:], np.diff(bits) / np.diff(labels), where="pre", label=named(row))
    for classes in sorted({row["classes"] for row in rows if row["classes"] > 1}):
        uniform = float(np.log2(classes))
        axes.axhline(uniform, color="gray", linestyle=":", label=f"uniform: log2 {classes} = {uniform:.2f}")
    scale(axes, "bits a label", labels=True, x_log=log, y_log=log)


def scale(axes: Axes, y: str, *, labels: bool = False, x_log: bool = False, y_log: bool = False) -> None:
    """Axes from zero, or logarithmic, with numbers as people write them."""
    axes.set_ylabel(y)
    if labels:
        axes.set_xlabel("labels sent")
    for is_log, axis, set_scale, set_limit in (
        (x_log, axes.xaxis, axes.set_xscale, axes.set_xlim),
        (y_log, axes.yaxis, axes.set_yscale, axes.set_ylim),
    ):
        if is_log:
            set_scale("log")
        else:
            set_limit(0, None)
        plain(axis, is_log)
    axes.grid(alpha=0.3)


def plain(axis: Axis, is_log: bool = False) -> None:
    """Numbers in full on an axis, where the tens alone are numbered if it is logarithmic."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    if is_log:
        axis.set_minor_formatter(NullFormatter())


def named(row: Row) -> str:
    """A row, in a legend."""
    return " ".join(filter(None, (row["data"], row["code"], row["model"])))


def save(rows: Sequence[Row], path: Path) -> None:
    """Draws rows into a new file; its suffix says in which format. Raises InputError for another suffix."""
    require_format(path)
    image = io.BytesIO()
    drawn(rows).savefig(image, format=path.suffix[1:], dpi=150)
    write_new(path, image.getvalue())


def require_format(path: Path | None) -> None:
    """Raises InputError unless a figure can be drawn into this file: better before the run than after."""
    if path is not None and path.suffix not in FORMATS:
        raise InputError(f"{path} must end in one of {', '.join(FORMATS)}")


def _uniform(row: Row) -> float:
    """The uniform code's bits for the labels of a row's curve."""
    return uniform_bits(row["curve"][-1][0], row["classes"]) if row["curve"] else 0.0


def _points(row: Row) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Labels and bits, from what was sent before the first label."""
    before = sum(row.get(part) or 0.0 for part in ("alphabet_bits", "parameter_bits", "choice_bits"))
    labels, bits = np.array([[0, before], *row["curve"]], dtype=np.float64).T
    return labels, bits
