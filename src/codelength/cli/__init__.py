"""The command line: table, encode, decode, measure, compare, inspect, report."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from codelength.cli.messages import decode, encode, inspect
from codelength.cli.results import compare, measure, report, table
from codelength.errors import CodelengthError, NotPortableError
from codelength.process import settle
from codelength.profile import is_portable, restart
from codelength.version import __version__

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


_INTERRUPTED = 130  # what Typer makes of Ctrl-C


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version. Example: --version")] = False,
    portable: Annotated[
        bool,
        typer.Option(
            "--portable",
            help="Before a command: compute floats that are alike on every x86-64 processor with AVX2, more "
            "slowly, so that messages decode there, too. Decoding finds out by itself. Example: --portable",
        ),
    ] = False,
) -> None:
    if portable and not is_portable():
        raise NotPortableError("only a process that was started so is portable")
    if version:
        typer.echo(f"codelength {__version__}")
        raise typer.Exit


for _command in (table, encode, decode, measure, compare, inspect, report):
    app.command()(_command)


def main() -> None:
    """Runs the command line; every error of the library's is one line on standard error."""
    settle()
    try:
        app(standalone_mode=True)
    except NotPortableError:
        restart()  # NumPy may be imported by now, and reads its environment once
    except CodelengthError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            typer.echo(
                "interrupted; a long encode or decode goes on with --resume, a table with the same --runs",
                err=True,
            )
        raise
