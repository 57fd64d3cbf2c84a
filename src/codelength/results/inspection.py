"""What a message says of itself, for a person to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from codelength.agreement import pack, said, worded
from codelength.channel import CHECK_BYTES
from codelength.codes.held import Held, held_path
from codelength.codes.receiving import code_of, parameter_stages  # makes the codes known by name
from codelength.codes.session import numerics_of
from codelength.errors import AgreementError, MessageError
from codelength.message import VERSION, Message
from codelength.numerics import Numerics, named, surroundings


def described(path: Path, x: Any = None) -> Iterator[tuple[str, str]]:
    """Names and values of the header's fields, and the sizes in bits. Raises MessageError.

    With the inputs x (n, ...), also what its parameters took after each stage of their compression.
    """
    message = Message.load(path)
    header = message.header
    yield "format", str(VERSION)
    yield "code", worded(header.code)
    yield "labels", f"{header.n:,}"
    alphabet = message.alphabet
    how = f"{message.alphabet_bits} bits of the payload" if header.classes is None else "agreed in advance"
    shown = ", ".join(map(said, alphabet.values[:10].tolist())) + (", …" if alphabet.size > 10 else "")
    yield "classes", f"{alphabet.size} ({how}): {shown}"
    yield "inputs", f"digest {header.inputs.hex()}"
    if header.numerics:
        yield "numerics", _numerics(numerics_of(header))
        yield "made with", "; ".join(_surroundings(message))
        yield "probe", header.probe.hex()
    if held_path(path).exists():
        held = Held.load(held_path(path))
        yield "held", f"{len(held.indices):,} labels, for {worded(pack(held.learner))}"
        yield "numerics", _numerics(held.numerics)
        yield "made with", "; ".join(_named(held.learner.libraries, held.surroundings))
    yield "payload", f"{message.payload_bits:,} bits ({message.kbits:.3f} kbits), ratio {message.ratio:.4f}"
    if x is not None:
        for stage, bits in parameter_stages(message, x).items():
            yield "parameters", f"{bits:,.0f} bits ({bits / 8000:,.1f} kB) {stage}"
    checks = len(message.checks) // CHECK_BYTES
    yield "framing", f"{message.framing_bits:,} bits: header, {checks} checks, seal, digest"
    yield "file", f"{len(bytes(message)):,} bytes, ratio with framing {message.ratio_with_framing:.4f}"


def _numerics(numerics: Numerics) -> str:
    threads = f"{numerics.threads} thread" + "s" * (numerics.threads != 1)
    profile = "portable" if numerics.portable else "of one kind of machine"
    return f"{threads}, {numerics.precision}, {numerics.device}, {profile}"


def _surroundings(message: Message) -> list[str]:
    try:
        libraries = code_of(message, model=None).libraries
    except (AgreementError, ValueError):
        return message.header.surroundings
    return _named(libraries, message.header.surroundings)


def _named(libraries: frozenset[str], values: Sequence[str]) -> list[str]:
    try:
        return [f"{name} {value}" for name, value in named(values, surroundings(libraries)).items()]
    except MessageError:
        return [*values]
