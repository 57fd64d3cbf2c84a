"""Commands about many runs: table, measure, compare, report."""

from __future__ import annotations

import functools
import itertools
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Optional

import typer

from codelength.cli.options import (
    Among,
    Classes,
    CodeName,
    Curve,
    Data,
    DataDir,
    First,
    Json,
    Model,
    Plugin,
    Seed,
    Target,
    names,
    require_outputs,
    say_choice,
    source,
    write_rows,
)
from codelength.errors import CodelengthError, InputError
from codelength.files import write_new


def table(
    data: Annotated[
        list[str], typer.Argument(metavar="DATA…", help="Data sets, by name or path. Example: digits mnist")
    ],
    codes: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="Codes, with commas between; else all but online:best. Example: --codes uniform,online"
        ),
    ] = None,
    model: Model = None,
    every: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Each code with every model of the budget, the shortest message counts, and pays for the "
            "choice. Example: --all",
        ),
    ] = False,
    budget: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="With --all: quick (the first 500 labels, small networks, minutes), paper (all labels, "
            "the paper's kinds of networks, hours; so if you do not say) or best (the whole zoo, days). "
            "Example: --budget quick"
        ),
    ] = None,
    runs: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            help="Folder that keeps the runs, messages among them: what is there is not run again, what was "
            "stopped goes on. Example: --runs kept/"
        ),
    ] = None,
    jobs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            help="Runs at once, each on its share of the cores; else one, with --budget quick one a core. "
            "Example: --jobs 4",
        ),
    ] = None,
    data_dir: DataDir = None,
    target: Target = None,
    first: First = None,
    classes: Classes = None,
    seed: Seed = 0,
    json_file: Json = None,
    curve: Curve = None,
    plugin: Plugin = None,
) -> None:
    """Encodes each data set with each code, has each message decoded by a second process, prints the rows.

    The column seq. accuracy says how often the likeliest label was right when it was sent; for two-part and
    variational codes, whose network was trained on these very labels, that is the training accuracy.

    Example: `codelength table digits --codes uniform,online:refit --json rows.json`
    """
    from rich.console import Console

    from codelength.codes.catalogue import USUAL, entry
    from codelength.results import sweep
    from codelength.results.runs import Runs, command
    from codelength.results.table import WIDTH, rendered, verdicts

    chosen = names(codes) or USUAL
    for name in chosen:
        entry(name)
    require_outputs(json_file, curve=curve)
    if every and model:
        raise InputError("--all chooses the model itself: give --model or --all")
    if budget is not None and not every:
        raise InputError("--budget says how much --all tries: give both, or leave --budget out")
    effort = sweep.budget(budget or "paper") if every else sweep.Budget(None, None)
    sources = [source(name, data_dir, target, first or effort.first, plugin, classes) for name in data]
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        kept = Runs(runs or Path(scratch)).make()
        say = functools.partial(typer.echo, err=True) if every or runs else None
        groups = sweep.planned(sources, chosen, effort.models, seed, model)
        found = sweep.swept(groups, kept, command(), sweep.at_once(jobs or effort.jobs), say)
        for each in sources:
            rows += (mine := list(itertools.islice(found, len(chosen))))
            console.print(rendered(mine, kept.folder if runs else None))
            for verdict in verdicts(mine, each.first):
                typer.echo(verdict)
    write_rows(rows, json_file, curve)
    if not all(row["decoded"] for row in rows):
        raise CodelengthError("a second process decoded other labels than Alice's; please report this")


def measure(
    data: Data,
    code: CodeName = "online",
    model: Model = None,
    data_dir: DataDir = None,
    target: Target = None,
    first: First = None,
    among: Among = None,
    classes: Classes = None,
    seed: Seed = 0,
    json_file: Json = None,
    plugin: Plugin = None,
) -> None:
    """Counts the ideal bits of a code, as `encode` would send them, and writes nothing.

    (shannon:huffman takes whole bits for each label; how many, only `encode` tells.)

    Example: `codelength measure --data digits --code online:refit --model LogisticRegression`
    """
    from codelength.results.experiment import Experiment, counted
    from codelength.results.progress import shown

    require_outputs(json_file)
    loaded = source(data, data_dir, target, first, plugin, classes).load()
    experiment = Experiment(loaded, code, model, seed, names(among))
    with shown(f"measure {code}", loaded.class_count) as progress:
        experiment = experiment.settled(progress)
        measured = experiment.measure(progress)
    typer.echo(f"{measured.n:,} labels in {measured.ideal_bits:,.2f} bits, ratio {measured.ratio:.4f}")
    row = counted(experiment, measured)
    say_choice(row)
    if measured.sequential_accuracy is not None:
        typer.echo(f"sequential accuracy {100 * measured.sequential_accuracy:.2f}%")
    write_rows([row], json_file, None)


def compare(
    data: Data,
    models: Annotated[
        str,
        typer.Option(
            help="Networks, classifiers and label-spreading, with commas between. "
            "Example: --models lenet,mlp,random-forest"
        ),
    ],
    orders: Annotated[
        int, typer.Option(min=1, max=100, help="Orders of the labels, for the spread. Example: --orders 5")
    ] = 3,
    data_dir: DataDir = None,
    target: Target = None,
    first: First = None,
    json_file: Json = None,
    plugin: Plugin = None,
) -> None:
    """Who explains the labels best? Measures several models' online codelengths, with no held-out set.

    The columns: bits in the mean over the orders, and their standard deviation (± spread); their ratio to the
    uniform code's; how many bits each model is behind the best; how often the likeliest label was right
    before it was known (sequential accuracy); the bits at an eighth, a quarter and half of the labels, the
    fewest in bold. Below stand the labels' own frequencies: who takes no fewer bits explains nothing.

    Example: `codelength compare --data digits --models nearest-neighbours,random-forest,GaussianNB`
    """
    from rich.console import Console

    from codelength.results.comparison import compare as compared
    from codelength.results.progress import shown
    from codelength.results.runs import as_json
    from codelength.results.table import WIDTH

    require_outputs(json_file)
    loaded = source(data, data_dir, target, first, plugin).load()
    with shown("compare", loaded.class_count) as progress:
        found = compared(
            names(models), loaded.x, loaded.y, classes=loaded.classes, orders=orders, progress=progress
        )
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(
        found.rendered(f"{loaded.name}: {found.at[-1]:,} labels, {orders} orders, online codelengths")
    )
    for verdict in found.verdicts():
        typer.echo(verdict)
    if json_file:
        write_new(json_file, as_json(found.rows()).encode())


def report(
    runs: Annotated[Path, typer.Argument(metavar="RUNS", help="The folder of runs. Example: kept/")],
    out: Annotated[Path, typer.Option(help="New HTML file. Example: --out report.html")],
    figures: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            help="Folder for the figures as PNG and SVG, the numbers as CSV and JSON. Example: --figures fig/"
        ),
    ] = None,
) -> None:
    """Tells of a folder of runs on one page: the table, figures, settings. It needs no network.

    The runs are those of `codelength table … --runs RUNS`.

    Example: `codelength report kept/ --out report.html`
    """
    from codelength.results.report import report as reported
    from codelength.results.runs import Runs

    require_outputs(out)
    for path in reported(Runs(runs), out, figures):
        typer.echo(f"wrote {path}")
