"""The figures of a report: each of one data set's runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from codelength.entropy import uniform_bits
from codelength.results import paper
from codelength.results.curve import draw_each, draw_total, plain, scale
from codelength.results.runs import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 5.2, 3.9  # inches: readable on a phone, two beside each other on a page
_BOTH_LOG = "The same, both axes logarithmic."
_LINE = 0.24  # inches for a line of a legend, or a bar


@dataclasses.dataclass(frozen=True, eq=False)
class Drawing:
    """A figure, under a name for its file and with the sentence below it."""

    name: str
    caption: str
    figure: Figure


def drawings(data: str, best: Sequence[Row], runs: Sequence[Row]) -> Iterator[Drawing]:
    """All figures that a data set's runs give: `best` is the table's row for each code."""
    curves = [row for row in best if row["curve"]]
    if curves:
        yield _curves(f"{data}-total", "Codelength so far.", curves, draw_total, log=False)
        yield _curves(f"{data}-total-log", _BOTH_LOG, curves, draw_total, log=True)
        yield _curves(f"{data}-each", "Bits of each label as it came.", curves, draw_each, log=False)
        yield _curves(f"{data}-each-log", _BOTH_LOG, curves, draw_each, log=True)
    yield _ratios(data, best)
    if any(row["parameter_bits"] for row in runs):
        yield _parts(data, [row for row in runs if row["parameter_bits"]])
    for row in best:
        code = row["code"].replace(":", "-")
        if row.get("stages"):
            yield _bars(
                f"{data}-stages-{code}",
                f"What the parameters of {row['code']} ({row['model']}) take after each stage.",
                {name: bits / 1000 for name, bits in row["stages"].items()},
                log=True,
            )
        if row.get("layers"):
            yield _bars(
                f"{data}-layers-{code}",
                f"KL(beta || alpha) in each layer of {row['code']} ({row['model']}).",
                {name: bits / 1000 for name, bits in row["layers"].items()},
            )
        if row.get("shares"):
            yield _shares(f"{data}-shares-{code}", row)
        if row.get("alone"):
            yield _alone(f"{data}-alone-{code}", row)


def _curves(
    name: str, caption: str, rows: Sequence[Row], draw: Callable[[Axes, Sequence[Row], bool], None], log: bool
) -> Drawing:
    figure, axes = _blank(_HEIGHT + _LINE * (len(rows) + 1) / 2)
    axes.set_prop_cycle(color=_colours())
    draw(axes, rows, log)
    for line, row in zip(axes.lines, rows, strict=False):
        line.set_label(f"{row['code']} {row['model'] or ''}")
    figure.legend(loc="outside lower center", ncols=2, fontsize="x-small", frameon=False)
    return Drawing(name, caption, figure)


def _ratios(data: str, best: Sequence[Row]) -> Drawing:
    figure, axes = _blank(1.2 + _LINE * len(best))
    rows = [row for row in reversed(best) if row["ratio"]]
    places = range(len(rows))
    axes.barh(places, [row["ratio"] for row in rows], color="tab:blue", height=0.6)
    theirs = [paper.kbits(row["data"], row["code"]) for row in rows]
    uniform = [uniform_bits(row["n"], row["classes"]) / 1000 for row in rows]
    each = zip(places, theirs, uniform, strict=True)
    marks = [(place, kbits / whole) for place, kbits, whole in each if kbits]
    if marks:
        at, ratios = zip(*marks, strict=True)
        axes.plot(ratios, at, "d", color="tab:orange", label="the paper's")
        axes.legend(loc="lower right", fontsize="small")
    axes.axvline(1, color="gray", linestyle=":")
    # beside the names, where no bar, mark or line runs through the numbers
    axes.set_yticks(places, [f"{row['code']}  {row['ratio']:.4f}" for row in rows])
    axes.set(xscale="log", xlabel="codelength over the uniform code's")
    plain(axes.xaxis, is_log=True)
    axes.grid(axis="x", alpha=0.3)
    return Drawing(
        f"{data}-ratios", "Each code's payload beside the uniform code's; shorter is better.", figure
    )


def _parts(data: str, rows: Sequence[Row]) -> Drawing:
    figure, axes = _blank(_HEIGHT + _LINE * len({row["code"] for row in rows}) / 2)
    named = set()
    for code in dict.fromkeys(row["code"] for row in rows):
        mine = [row for row in rows if row["code"] == code]
        parameters = [row["parameter_bits"] / 1000 for row in mine]
        labels = [(row["ideal_bits"] - row["parameter_bits"]) / 1000 for row in mine]
        axes.plot(parameters, labels, "o", label=code)
        for row, x, y in zip(mine, parameters, labels, strict=True):
            spot = (row["model"], *np.log10(np.maximum((x, y), 1e-3)).round())
            if spot in named:  # names of points that lie together would cover each other
                continue
            named.add(spot)
            axes.annotate(row["model"], (x, y), (4, 3), textcoords="offset points", fontsize="x-small")
    scale(axes, "labels (kbits)", x_log=True, y_log=True)
    axes.set_xlabel("parameters (kbits)")
    axes.margins(0.25)
    figure.legend(loc="outside lower center", ncols=2, fontsize="x-small", frameon=False)
    caption = "Parameters against labels: where a code that sends a network spends its bits."
    return Drawing(f"{data}-parts", caption, figure)


def _bars(name: str, caption: str, kbits: dict[str, float], log: bool = False) -> Drawing:
    figure, axes = _blank(1.0 + _LINE * len(kbits))
    names, values = list(kbits), list(kbits.values())
    bars = axes.barh(names, values, color="tab:blue", height=0.6)
    axes.bar_label(
        bars, [f"{value:,.3g}" if value < 1000 else f"{value:,.0f}" for value in values], padding=3
    )
    axes.invert_yaxis()
    axes.set_xlabel("kbits")
    if log:
        axes.set_xscale("log")
    plain(axes.xaxis, is_log=log)
    axes.margins(x=0.2)
    return Drawing(name, caption, figure)


def _shares(name: str, row: Row) -> Drawing:
    figure, axes = _blank(_HEIGHT + _LINE * len(row["shares"]))
    courses = [np.array(course, dtype=np.float64) for course in row["shares"].values()]
    axes.stackplot(courses[0][:, 0], [course[:, 1] for course in courses], labels=list(row["shares"]))
    axes.set(xscale="log", xlabel="labels sent", ylabel="share of the next prediction", ylim=(0, 1))
    axes.set_xlim(courses[0][0, 0], courses[0][-1, 0])
    plain(axes.xaxis, is_log=True)
    figure.legend(loc="outside lower center", fontsize="x-small", frameon=False)
    caption = f"What each learner contributed to {row['code']} as labels came."
    return Drawing(name, caption, figure)


def _alone(name: str, row: Row) -> Drawing:
    figure, axes = _blank(_HEIGHT + _LINE * (len(row["alone"]) + 1))
    for label, course in (row["alone"] | {"all together": row["curve"]}).items():
        labels, bits = np.array(course, dtype=np.float64).T
        axes.plot(labels, bits / 1000, label=f"{label}: {bits[-1] / 1000:,.3f} kbits")
    axes.lines[-1].set(color="black", linewidth=2)
    scale(axes, "codelength (kbits)", labels=True, x_log=True, y_log=True)
    figure.legend(loc="outside lower center", fontsize="x-small", frameon=False)
    caption = f"What each learner of {row['code']} would have taken alone, and what all took together."
    return Drawing(name, caption, figure)


def _colours() -> Sequence[tuple[float, ...]]:
    """Twenty that can be told apart, the strong ones first."""
    from matplotlib import colormaps

    shades = [colormaps["tab20"](place) for place in range(20)]
    return shades[::2] + shades[1::2]


def _blank(height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    return figure, figure.subplots()
