"""Rows as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from codelength.results.experiment import Row


def rendered(name: str, rows: Sequence[Row]) -> Table:
    """The table of one data set. Codelengths are payloads; 1 kbit is 1,000 bits."""
    table = Table(
        title=_title(name, rows),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column("code", no_wrap=True)
    table.add_column("model", overflow="fold")
    two_part = any(row["parameter_bits"] for row in rows)
    numbers = (
        "kbits",
        *(("of them\nmodel",) if two_part else ()),
        "ratio",
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
            row["model"] or "",
            _number(row["payload_bits"] / 1000, 3),
            *(
                (_number(row["parameter_bits"] / 1000, 3) if row["parameter_bits"] else "",)
                if two_part
                else ()
            ),
            _number(row["ratio"], 4),
            str(row["framing_bits"] // 8),
            _percent(row["sequential_accuracy"]),
            _percent(row["test_accuracy"]),
            f"{row['encode_seconds']:.1f}",
            "" if row["decode_seconds"] is None else f"{row['decode_seconds']:.1f}",
            "yes" if row["decoded"] else "[red]no",
        )
    return table


def _title(name: str, rows: Sequence[Row]) -> str:
    most = max(rows, key=lambda row: row["n"])
    title = f"{name}: {most['n']:,} labels, {most['classes']} classes"
    fewer = sorted({row["n"] for row in rows} - {most["n"]})
    if fewer:
        title += f" ({fewer[0]:,} for Shannon codes: both ends hold the others)"
    return title


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if value < 1000 else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f}%"
