"""A progress bar: labels done, bits so far, ratio so far, time left. Quiet when not at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from codelength.channel import Account, Progress


@contextmanager
def shown(title: str, classes: int | None) -> Iterator[Progress | None]:
    """A callback for a run's account; None where nobody watches. `classes` gives the ratio, if known."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("labels  {task.fields[bits]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None, bits="")

        def update(account: Account) -> None:
            said = f"{account.bits / 1000:.3f} kbits"
            if classes and classes > 1 and account.labels:
                said += f"  ratio {account.bits / (account.labels * np.log2(classes)):.4f}"
            bar.update(task, total=account.n, completed=account.labels, bits=said)

        yield update
