"""Bits against labels, drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from codelength.errors import InputError
from codelength.files import write_new

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
_GROWTH = 1.08  # of labels, from one point that is kept to the next


def thinned(curve: npt.NDArray[np.float64]) -> list[list[float]]:
    """Points [labels, bits] of a curve (blocks, 2), about evenly spread on a logarithmic axis."""
    kept: list[list[float]] = []
    for place, (labels, bits) in enumerate(curve):
        if not kept or labels >= _GROWTH * kept[-1][0] or place == len(curve) - 1:
            kept.append([int(labels), round(float(bits), 2)])
    return kept


def drawn(rows: Sequence[dict[str, Any]]) -> Figure:
    """The curves of rows of the table: kbits in all; bits a label as they come, beside the uniform code."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import StrMethodFormatter

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    total, each = figure.subplots(1, 2)
    for row in rows:
        labels, bits = np.array([[0, 0], *row["curve"]], dtype=np.float64).T
        name = " ".join(filter(None, (row["data"], row["code"], row["model"])))
        total.plot(labels, bits / 1000, label=f"{name}: {bits[-1] / 1000:.2f} kbits (ideal)")
        each.step(labels[1:], np.diff(bits) / np.diff(labels), where="pre", label=name)
    for classes in sorted({row["classes"] for row in rows if row["classes"] > 1}):
        uniform = float(np.log2(classes))
        each.axhline(uniform, color="gray", linestyle=":", label=f"uniform: log2 {classes} = {uniform:.2f}")
    total.set(xlabel="labels sent", ylabel="codelength (kbits)", xlim=(0, None), ylim=(0, None))
    each.set(xlabel="labels sent", ylabel="bits a label", xscale="log", yscale="log")
    for formatter in (each.yaxis.set_major_formatter, each.yaxis.set_minor_formatter):
        formatter(StrMethodFormatter("{x:g}"))
    for axes in (total.xaxis, each.xaxis):
        axes.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    for axes in (total, each):
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small", frameon=False)
    return figure


def save(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draws rows into a new file; its suffix says in which format. Raises InputError for another suffix."""
    require_format(path)
    image = io.BytesIO()
    drawn(rows).savefig(image, format=path.suffix[1:], dpi=150)
    write_new(path, image.getvalue())


def require_format(path: Path | None) -> None:
    """Raises InputError unless a figure can be drawn into this file: better before the run than after."""
    if path is not None and path.suffix not in FORMATS:
        raise InputError(f"{path} must end in one of {', '.join(FORMATS)}")
