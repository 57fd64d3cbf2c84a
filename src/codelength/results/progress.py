"""Progress of a run: labels done, bits so far, ratio so far, time left; a bar, or lines in a log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from codelength.channel import Account, Progress
from codelength.entropy import uniform_bits

_LOGGED = 60.0  # seconds between two lines in a log
_SPEED = 120.0  # seconds over which a bar takes the speed


@contextmanager
def shown(title: str, classes: int | None, bar: bool = True) -> Iterator[Progress]:
    """A callback for a run's account. `classes` gives the ratio, if known; without `bar`, lines alone.

    The time left is judged by the work that is done, where the learner can tell, for labels do not
    all take the same. A short run that nobody watches prints nothing.
    """
    console = Console(stderr=True)
    if not (bar and console.is_terminal):
        yield _logged(title, classes, console)
        return
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True, speed_estimate_period=_SPEED) as drawn:
        task = drawn.add_task(escape(title), total=None, said="")

        def update(account: Account) -> None:
            drawn.update(task, total=1.0, completed=account.done, said=_said(account, classes))

        yield update


def _logged(title: str, classes: int | None, console: Console) -> Progress:
    last, behind = time.monotonic(), 0.0

    def update(account: Account) -> None:
        nonlocal last, behind
        if account.done < behind:  # the next of several runs
            behind = 0.0
        took, gained = time.monotonic() - last, account.done - behind
        if took < _LOGGED:
            return
        left = f"{(1 - account.done) * took / gained / 60:.0f} min left" if gained > 0 else "no end in sight"
        line = f"{title}: {_said(account, classes)}, {left}"
        console.print(line, soft_wrap=True, highlight=False, markup=False)
        last, behind = last + took, account.done

    return update


def _said(account: Account, classes: int | None) -> str:
    said = f"{account.labels:,}/{account.n:,} {account.what}  {account.bits / 1000:.3f} kbits"
    if uniform := uniform_bits(account.labels, classes or 0, account.alphabet_bits):
        said += f"  ratio {account.bits / uniform:.4f}"
    return said
