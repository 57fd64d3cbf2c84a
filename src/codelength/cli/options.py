"""Options that several commands share, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from codelength.errors import InputError
from codelength.files import require_new, write_new

if TYPE_CHECKING:
    from codelength.data.source import Source
    from codelength.results.runs import Row

Data = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="DATA",
        help="digits, mnist, cifar10, or a path: an .npz file with x and y, a .csv or .parquet table. "
        "Example: --data mnist",
    ),
]
OptionalData = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--data", metavar="DATA", help="The inputs, as for decode. Example: --data mnist"),
]
DataDir = Annotated[
    Optional[Path],  # noqa: UP045  (Typer reads it)
    typer.Option(
        help="Folder with the files of MNIST or CIFAR-10; else fetched once. Example: --data-dir ~/data"
    ),
]
Target = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Column of a table that holds the labels. Example: --target species"),
]
CodeName = Annotated[
    str,
    typer.Option(
        "--code",
        metavar="CODE",
        help="uniform, frequency, shannon, shannon:huffman, two-part:float32, two-part:deep-compression, "
        "two-part:subspace, variational:bits-back, variational:relative-entropy, online, "
        "online:refit or online:best. Example: --code online",
    ),
]
Auxiliary = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        help="File of bytes that ride along in variational:bits-back: read by encode, new for decode. "
        "Example: --auxiliary thesis.pdf"
    ),
]
Model = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        help="A network (shallow, mlp, lenet, vgg-small, …) or, for online:refit, also a "
        "classifier (nearest-neighbours, random-forest, or scikit-learn's name for it), or your own; for "
        "online also label-spreading, and several with + between, which are pooled; else one agreed from "
        "the inputs' shape. Example: --model lenet"
    ),
]
First = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(min=1, help="The first so many rows alone, at both ends. Example: --first 1000"),
]
Among = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        help="The models to choose among, with commas between: the shortest message is sent, and names its "
        "model. Give --model too if you already know which one that is. (Of a run that is stopped, only the "
        "sending goes on where it was.) Example: --among shallow,lenet"
    ),
]
Classes = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        help="All labels that may come, agreed in advance, with commas between; else those that come travel "
        "in the message. Example: --classes no,yes"
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, max=2**32 - 1, help="Seed of the order of visiting. Example: --seed 1")
]
Plugin = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        metavar="MODULE",
        help="Module to import first, where you call codelength.register. Example: --plugin my_networks",
    ),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on with a run that was stopped, from OUT.part. Example: --resume"),
]
Curve = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--curve", help="New PNG, SVG or PDF of bits against labels. Example: --curve digits.png"),
]
Json = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--json", help="New file for the rows as JSON. Example: --json rows.json"),
]


def source(
    data: str,
    data_dir: Path | None,
    target: str | None,
    first: int | None,
    plugin: list[str] | None,
    classes: str | None = None,
) -> Source:
    from codelength.data.source import Source

    return Source(data, data_dir, target, first, names(classes), tuple(plugin or ()))


def names(listed: str | None) -> tuple[str, ...]:
    """The names in a list with commas between, if one is given. Raises InputError where a name is missing."""
    found = () if listed is None else tuple(name.strip() for name in listed.split(","))
    if not all(found):
        raise InputError(f"a name is missing in {listed!r}: give names with one comma between each two")
    return found


def say_choice(row: Row) -> None:
    """Says which of several models is the one, where labels chose it."""
    if row["among"]:
        typer.echo(f"with {row['model']}, the best of {len(row['among'])}")


def require_outputs(*paths: Path | None, curve: Path | None = None) -> None:
    """Raises InputError, before any work, for outputs that could not be written after it."""
    from codelength.results.curve import require_format

    require_format(curve)
    require_new(*paths, curve)


def write_rows(rows: list[Row], json_file: Path | None, curve: Path | None) -> None:
    from codelength.results.curve import save
    from codelength.results.runs import as_json

    if json_file:
        write_new(json_file, as_json(rows).encode())
    if curve:
        save(rows, curve)
