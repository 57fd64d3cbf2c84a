"""The command line: table, encode, decode, measure, compare, inspect."""

from __future__ import annotations

import importlib
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from codelength.errors import CodelengthError, InputError
from codelength.files import read, require_new, write_new
from codelength.options import (
    Auxiliary,
    CodeName,
    Curve,
    Data,
    DataDir,
    Json,
    Model,
    OptionalData,
    Plugin,
    Resume,
    Seed,
    Target,
)
from codelength.version import __version__

if TYPE_CHECKING:
    from codelength.checkpoint import Checkpoint
    from codelength.data import DataSet
    from codelength.results.experiment import Row

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""How few bits send the labels of a data set? Measures it, and really sends them.

Alice and Bob hold the inputs; only Alice holds the labels. `encode` writes them into a message,
`decode` reads them out of it with the inputs alone, `table` does both with every code.

Example: `codelength table digits`""",
)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version. Example: --version")] = False,
) -> None:
    if version:
        typer.echo(f"codelength {__version__}")
        raise typer.Exit


@app.command()
def table(
    data: Annotated[
        list[str], typer.Argument(metavar="DATA…", help="Data sets, by name or path. Example: digits mnist")
    ],
    codes: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Codes, with commas between; else all. Example: --codes uniform,online"),
    ] = None,
    model: Model = None,
    data_dir: DataDir = None,
    target: Target = None,
    seed: Seed = 0,
    messages: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder to keep the messages in. Example: --messages kept/"),
    ] = None,
    json_file: Json = None,
    curve: Curve = None,
    plugin: Plugin = None,
) -> None:
    """Encodes each data set with each code, has each message decoded by a second process, prints the rows.

    Example: `codelength table digits --codes uniform,online:refit --json rows.json`
    """
    _import(plugin)
    from rich.console import Console

    from codelength.codes.catalogue import CODES, entry
    from codelength.results.table import rendered

    names = [name.strip() for name in codes.split(",")] if codes else list(CODES)
    for name in names:
        entry(name)
    require_new(json_file)
    _require_figure(curve)
    console = Console(width=None if sys.stdout.isatty() else 132)
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = messages or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name in data:
            loaded = _load(name, data_dir, target)
            arguments = _data_arguments(name, data_dir, target, plugin)
            found = [_row(loaded, code, model, seed, arguments, folder) for code in names]
            console.print(rendered(loaded.name, found))
            rows += found
    _write_rows(rows, json_file, curve)
    if not all(row["decoded"] for row in rows):
        raise CodelengthError("a second process decoded other labels than Alice's; please report this")


@app.command()
def encode(
    data: Data,
    out: Annotated[Path, typer.Option(help="New file for the message. Example: --out labels.cl")],
    code: CodeName = "online",
    model: Model = None,
    auxiliary: Auxiliary = None,
    data_dir: DataDir = None,
    target: Target = None,
    seed: Seed = 0,
    resume: Resume = False,
    json_file: Json = None,
    curve: Curve = None,
    plugin: Plugin = None,
) -> None:
    """Sends the labels of a data set into a message.

    A long run keeps itself in OUT.part; if it is stopped, the same command with --resume goes on.

    Example: `codelength encode --data digits --code online --out digits.cl`
    """
    _import(plugin)
    import time

    from codelength.results.experiment import Experiment, held_path, row
    from codelength.results.progress import shown

    require_new(out)
    require_new(held_path(out))
    require_new(json_file)
    _require_figure(curve)
    riding = read(auxiliary) if auxiliary else None
    experiment = Experiment(_load(data, data_dir, target), code, model, seed)
    checkpoint = _checkpoint(out, resume)
    started = time.perf_counter()
    with shown(f"encode {code}", _classes(experiment.data)) as progress:
        message, held = experiment.encode(progress, checkpoint, riding)
    found = row(experiment, message, time.perf_counter() - started)
    message.save(out)
    checkpoint.remove()
    typer.echo(
        f"{message.header.n:,} labels in {message.payload_bits:,} bits ({message.kbits:.3f} kbits), "
        f"ratio {message.ratio:.4f}; {message.framing_bits // 8} bytes of framing; "
        f"{found['encode_seconds']:.1f} s"
    )
    typer.echo(f"wrote {out} ({len(bytes(message)):,} bytes)")
    if message.returned_bits:
        typer.echo(f"{message.returned_bits // 8:,} bytes of its payload come back as auxiliary bytes")
    if held:
        held.save(held_path(out))
        typer.echo(f"wrote {held_path(out)}: the {len(held.indices):,} labels that both ends hold in advance")
    _write_rows([found], json_file, curve)


@app.command()
def decode(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The message. Example: digits.cl")],
    data: Data,
    out: Annotated[Path, typer.Option(help="New .npy file for the labels. Example: --out labels.npy")],
    predict: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="New .npy file for predictions of the test inputs. Example: --predict test.npy"),
    ] = None,
    auxiliary: Auxiliary = None,
    data_dir: DataDir = None,
    target: Target = None,
    resume: Resume = False,
    plugin: Plugin = None,
) -> None:
    """Reads the labels out of a message, with the inputs alone: no label file is opened.

    The labels come in the order of the data's rows. A Shannon code's message wants the file of held
    labels beside it (FILE.held).

    Example: `codelength decode digits.cl --data digits --out labels.npy`
    """
    _import(plugin)
    import numpy as np

    from codelength.message import Message
    from codelength.results.experiment import decode_file
    from codelength.results.progress import shown

    require_new(out)
    require_new(predict)
    require_new(auxiliary)
    message = Message.load(file)
    bob = _load(data, data_dir, target, labels=False)
    checkpoint = _checkpoint(out, resume)
    with shown("decode", message.alphabet.size) as progress:
        labels, received = decode_file(file, bob, progress, checkpoint)
    _save(out, labels)
    checkpoint.remove()
    typer.echo(f"wrote {out}: {len(labels):,} labels")
    if auxiliary:
        write_new(auxiliary, received.auxiliary)
        typer.echo(f"wrote {auxiliary}: {len(received.auxiliary):,} auxiliary bytes")
    if predict:
        predictions = received.predict(bob.x_test) if bob.x_test is not None else None
        if predictions is None:
            typer.echo("no predictions: the code learns no model, or there are no test inputs", err=True)
        else:
            _save(predict, np.asarray(predictions))


@app.command()
def measure(
    data: Data,
    code: CodeName = "online",
    model: Model = None,
    data_dir: DataDir = None,
    target: Target = None,
    seed: Seed = 0,
    plugin: Plugin = None,
) -> None:
    """Counts the ideal bits of a code, as `encode` would send them, and writes nothing.

    Example: `codelength measure --data digits --code online:refit --model LogisticRegression`
    """
    _import(plugin)
    from codelength.results.experiment import Experiment
    from codelength.results.progress import shown

    experiment = Experiment(_load(data, data_dir, target), code, model, seed)
    with shown(f"measure {code}", _classes(experiment.data)) as progress:
        measured = experiment.measure(progress)
    typer.echo(f"{measured.n:,} labels in {measured.ideal_bits:,.2f} bits, ratio {measured.ratio:.4f}")
    if measured.sequential_accuracy is not None:
        typer.echo(f"sequential accuracy {100 * measured.sequential_accuracy:.2f}%")


@app.command()
def compare(
    data: Data,
    models: Annotated[
        str,
        typer.Option(
            help="Networks and classifiers, with commas between. Example: --models lenet,SVC,random-forest"
        ),
    ],
    orders: Annotated[
        int, typer.Option(min=1, max=100, help="Orders of the labels, for the spread. Example: --orders 5")
    ] = 3,
    data_dir: DataDir = None,
    target: Target = None,
    json_file: Json = None,
    plugin: Plugin = None,
) -> None:
    """Who explains the labels best? Measures several models' online codelengths, with no held-out set.

    Example: `codelength compare --data digits --models nearest-neighbours,random-forest,GaussianNB`
    """
    _import(plugin)
    from rich.console import Console

    from codelength.results.comparison import compare as compared
    from codelength.results.experiment import as_json
    from codelength.results.progress import shown

    require_new(json_file)
    loaded = _load(data, data_dir, target)
    with shown("compare", _classes(loaded)) as progress:
        names = [name.strip() for name in models.split(",")]
        found = compared(names, loaded.x, loaded.y, classes=loaded.classes, orders=orders, progress=progress)
    console = Console(width=None if sys.stdout.isatty() else 132)
    console.print(
        found.rendered(f"{loaded.name}: {found.at[-1]:,} labels, {orders} orders, online codelengths")
    )
    for verdict in found.verdicts():
        typer.echo(verdict)
    if json_file:
        write_new(json_file, as_json(found.rows()).encode())


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The message. Example: digits.cl")],
    data: OptionalData = None,
    data_dir: DataDir = None,
    target: Target = None,
) -> None:
    """Prints everything that a message's header says, and the sizes.

    With the inputs at hand (--data), also what a two-part code's parameters took after each stage of their
    compression.

    Example: `codelength inspect digits.cl`
    """
    from codelength.results.inspection import described

    x = _load(data, data_dir, target, labels=False).x if data else None
    for name, value in described(file, x):
        typer.echo(f"{name:<14} {value}")


def main() -> None:
    """Runs the command line; every error of the library's is one line on standard error."""
    # torch's threads else wait in long loops, and on a shared machine that costs ten times what it saves
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    try:
        app(standalone_mode=True)
    except CodelengthError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo(
            "interrupted; a run of encode or decode that was long enough goes on with --resume", err=True
        )
        sys.exit(130)


def _row(loaded: DataSet, code: str, model: str | None, seed: int, arguments: list[str], folder: Path) -> Row:
    from codelength.codes.catalogue import entry
    from codelength.results.experiment import Experiment, run
    from codelength.results.progress import shown

    fitting = model if entry(code).default else None
    path = folder / f"{Path(loaded.name).stem}-{code.replace(':', '-')}.cl"
    require_new(path)
    with shown(f"{loaded.name} {code}", _classes(loaded)) as progress:
        return run(Experiment(loaded, code, fitting, seed), arguments, path, progress)


def _import(plugins: list[str] | None) -> None:
    sys.path.insert(0, os.getcwd())  # a user's module beside the data, as `python -m` would find it
    try:
        for module in plugins or ():
            importlib.import_module(module)
    except ImportError as error:
        raise InputError(f"cannot import the plugin: {error}") from error
    finally:
        sys.path.pop(0)


def _load(data: str, data_dir: Path | None, target: str | None, labels: bool = True) -> DataSet:
    from codelength.data import load

    return load(data, data_dir, target=target, labels=labels)


def _data_arguments(
    data: str, data_dir: Path | None, target: str | None, plugin: list[str] | None
) -> list[str]:
    named = ["--data", data]
    named += ["--data-dir", str(data_dir)] if data_dir else []
    named += ["--target", target] if target else []
    return named + [word for module in plugin or () for word in ("--plugin", module)]


def _checkpoint(out: Path, resume: bool) -> Checkpoint:
    from codelength.checkpoint import Checkpoint

    return Checkpoint(out.with_name(out.name + ".part"), resume=resume)


def _classes(data: DataSet) -> int | None:
    return None if data.classes is None else len(data.classes)


def _save(path: Path, labels: object) -> None:
    import numpy as np

    content = io.BytesIO()
    np.save(content, labels, allow_pickle=False)  # type: ignore[arg-type]
    write_new(path, content.getvalue())


def _require_figure(curve: Path | None) -> None:
    from codelength.results.curve import require_format

    require_format(curve)
    require_new(curve)


def _write_rows(rows: list[Row], json_file: Path | None, curve: Path | None) -> None:
    from codelength.results.curve import save
    from codelength.results.experiment import as_json

    if json_file:
        write_new(json_file, as_json(rows).encode())
    if curve:
        save(rows, curve)
