"""Rows as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

from codelength.entropy import uniform_bits
from codelength.results import paper
from codelength.results.runs import Row

#: columns where no terminal says how many there are: room for the longest model of `online`
WIDTH = 140

#: bits: with random labels no code saves more but once in a thousand times, whatever it is
LUCK = 10


def rendered(rows: Sequence[Row], folder: Path | None = None) -> Table:
    """The table of one data set, each codelength linked to its message in the folder of runs.

    Codelengths are payloads; 1 kbit is 1,000 bits.
    """
    table = Table(
        title=escape(_title(rows)),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column("code", no_wrap=True)
    table.add_column("model", overflow="fold")
    two_part = any(row["parameter_bits"] for row in rows)
    beside = any((row["data"], row["code"]) in paper.KBITS for row in rows)
    numbers = (
        "kbits",
        *(("of them\nmodel",) if two_part else ()),
        "ratio",
        *(("paper's\nkbits",) if beside else ()),
        "framing\nbytes",
        "seq.\naccuracy",
        "test\naccuracy",
        "encode\ns",
        "decode\ns",
    )
    for heading in numbers:
        table.add_column(heading, justify="right")
    table.add_column("decoded")
    for row in rows:
        table.add_row(
            row["code"],
            escape(row["model"] or ""),
            _linked(number(row["payload_bits"] / 1000, 3), row, folder),
            *(
                (number(row["parameter_bits"] / 1000, 3) if row["parameter_bits"] else "",)
                if two_part
                else ()
            ),
            number(row["ratio"], 4),
            *((paper.KBITS.get((row["data"], row["code"]), ""),) if beside else ()),
            str(row["framing_bits"] // 8),
            percent(row["sequential_accuracy"]),
            percent(row["test_accuracy"]),
            f"{row['encode_seconds']:.1f}",
            "" if row["decode_seconds"] is None else f"{row['decode_seconds']:.1f}",
            "yes" if row["decoded"] else "[red]no",
        )
    return table


def verdicts(rows: Sequence[Row], first: int | None = None) -> list[str]:
    """What must be said under a table: what is left out, what a choice cost, what each of several learners
    would have taken, which codes do not compress."""
    said = []
    if first is not None:
        said.append(f"THE FIRST {first:,} LABELS ONLY: these are no figures of the whole data set.")
    if names := max(row.get("alphabet_bits", 0) for row in rows):
        said.append(f"Each includes {names} bits for the names of the classes; so does the uniform code.")
    chosen = [row for row in rows if row["choice_bits"]]
    if chosen:
        most = max(row["choice_bits"] for row in chosen)
        said.append(
            f"Models were chosen by the labels, and each payload names its own: up to {most:.1f} bits."
        )
    said += [_alone(row) for row in rows if row.get("alone")]
    in_vain = [row["code"] for row in rows if not compresses(row)]
    if in_vain:
        said.append(f"Does not compress these labels: {', '.join(in_vain)}.")
    return said


def compresses(row: Row) -> bool:
    """Whether a code takes fewer bits than the uniform one, by more than luck explains.

    A code saves k bits on labels at random with a probability of at most 2^-k.
    """
    uniform = uniform_bits(row["n"], row["classes"], row.get("alphabet_bits", 0))
    return bool(row["payload_bits"] < uniform - LUCK)


def _alone(row: Row) -> str:
    names = row["model"].split("+")
    each = (
        f"{name} {row['alone'][key][-1][1] / 1000:.3f}" for name, key in zip(names, row["alone"], strict=True)
    )
    return (
        f"{row['code']}: alone, {', '.join(each)} kbits; together {row['ideal_bits'] / 1000:.3f} (all ideal)."
    )


def _linked(text: str, row: Row, folder: Path | None) -> str:
    if folder is None or "message" not in row:
        return text
    return f"[link={(folder / row['message']).resolve().as_uri()}]{text}[/link]"


def _title(rows: Sequence[Row]) -> str:
    most = max(rows, key=lambda row: row["n"])
    title = f"{most['data']}: {most['n']:,} labels, {most['classes']} classes"
    fewer = sorted({row["n"] for row in rows} - {most["n"]})
    if fewer:
        title += f" ({fewer[0]:,} for Shannon codes: both ends hold the others)"
    return title


def number(value: float | None, digits: int) -> str:
    """A number with so many digits; nothing where there is none, as the ratio of no labels."""
    if value is None or np.isnan(value):
        return ""
    return f"{value:.{digits}f}" if value < 1000 else f"{value:,.0f}"


def percent(value: float | None) -> str:
    """A share in percent; nothing where there is none."""
    return "" if value is None or np.isnan(value) else f"{100 * value:.2f}%"
