"""Commands about one message: encode, decode, inspect."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated, Optional

import typer

from codelength.cli.options import (
    Among,
    Auxiliary,
    Classes,
    CodeName,
    Curve,
    Data,
    DataDir,
    First,
    Json,
    Model,
    OptionalData,
    Plugin,
    Resume,
    Seed,
    Target,
    names,
    require_outputs,
    say_choice,
    source,
    write_rows,
)
from codelength.errors import InputError
from codelength.files import read, write_new


def encode(
    data: Data,
    out: Annotated[Path, typer.Option(help="New file for the message. Example: --out labels.cl")],
    code: CodeName = "online",
    model: Model = None,
    auxiliary: Auxiliary = None,
    data_dir: DataDir = None,
    target: Target = None,
    first: First = None,
    among: Among = None,
    classes: Classes = None,
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
    from codelength.checkpoint import Checkpoint
    from codelength.codes.held import held_path
    from codelength.results.experiment import Experiment, encoded
    from codelength.results.progress import shown
    from codelength.results.table import verdicts

    require_outputs(out, held_path(out), json_file, curve=curve)
    riding = read(auxiliary) if auxiliary else None
    loaded = source(data, data_dir, target, first, plugin, classes).load()
    experiment = Experiment(loaded, code, model, seed, names(among))
    checkpoint = Checkpoint.beside(out, resume=resume)
    with shown(f"encode {code}", loaded.class_count) as progress:
        message, held, found = encoded(experiment, out, progress, checkpoint, riding)
    checkpoint.remove()
    typer.echo(
        f"{message.header.n:,} labels in {message.payload_bits:,} bits ({message.kbits:.3f} kbits), "
        f"ratio {message.ratio:.4f}; {message.framing_bits // 8} bytes of framing; "
        f"{found['encode_seconds']:.1f} s"
    )
    say_choice(found)
    typer.echo(f"wrote {out} ({len(bytes(message)):,} bytes)")
    for said in verdicts([found]):
        typer.echo(said)
    if message.returned_bits:
        typer.echo(f"{message.returned_bits // 8:,} bytes of its payload come back as auxiliary bytes")
    if held:
        typer.echo(f"wrote {held_path(out)}: the {len(held.indices):,} labels that both ends hold in advance")
    write_rows([found], json_file, curve)


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
    first: First = None,
    resume: Resume = False,
    plugin: Plugin = None,
) -> None:
    """Reads the labels out of a message, with the inputs alone: no label file is opened.

    The labels come in the order of the data's rows. A Shannon code's message wants the file of held
    labels beside it (FILE.held).

    Example: `codelength decode digits.cl --data digits --out labels.npy`
    """
    import numpy as np

    from codelength.checkpoint import Checkpoint
    from codelength.message import Message
    from codelength.results.experiment import decode_file
    from codelength.results.progress import shown

    require_outputs(out, predict, auxiliary)
    message = Message.load(file)
    bob = source(data, data_dir, target, first, plugin).load(labels=False)
    if predict and bob.x_test is None:
        raise InputError(f"{bob.name} has no test inputs to predict: leave --predict out")
    if auxiliary and not message.header.returned:
        raise InputError(f"no auxiliary bytes ride along in {file}: leave --auxiliary out")
    checkpoint = Checkpoint.beside(out, resume=resume)
    with shown("decode", message.alphabet.size) as progress:
        labels, received = decode_file(file, bob, progress, checkpoint, predicts=predict is not None)
    _save(out, labels)
    checkpoint.remove()
    typer.echo(f"wrote {out}: {len(labels):,} labels")
    if auxiliary:
        write_new(auxiliary, received.auxiliary)
        typer.echo(f"wrote {auxiliary}: {len(received.auxiliary):,} auxiliary bytes")
    if predict:
        predictions = received.predict(bob.x_test)
        if predictions is None:
            typer.echo("no predictions: the code learns no model", err=True)
        else:
            _save(predict, np.asarray(predictions))


def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The message. Example: digits.cl")],
    data: OptionalData = None,
    data_dir: DataDir = None,
    target: Target = None,
    first: First = None,
    plugin: Plugin = None,
) -> None:
    """Prints everything that a message's header says, and the sizes.

    With the inputs at hand (--data), also what a two-part code's parameters took after each stage of their
    compression.

    Example: `codelength inspect digits.cl`
    """
    from codelength.results.inspection import described

    x = source(data, data_dir, target, first, plugin).load(labels=False).x if data else None
    for name, value in list(described(file, x)):  # or nothing, where it fails
        typer.echo(f"{name:<14} {value}")


def _save(path: Path, labels: object) -> None:
    import numpy as np

    content = io.BytesIO()
    np.save(content, labels, allow_pickle=False)  # type: ignore[arg-type]
    write_new(path, content.getvalue())
