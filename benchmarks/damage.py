"""2,000 damages of a digits message: half with the outer digest recomputed, as a forger would.

    python benchmarks/damage.py

Every one must end in the right labels or in one of the library's own errors, in bounded time.
"""

from __future__ import annotations

import collections
import hashlib
import random
import resource
import time
from collections.abc import Callable
from typing import Any

import msgpack
from provenance import parser, write

# isort: split
import numpy as np
from sklearn.neighbors import KNeighborsClassifier

import codelength as cl
from codelength.message import DIGEST_BYTES, MAGIC

COUNT = 2000


def redigested(data: bytes) -> bytes:
    body = data[:-DIGEST_BYTES]
    return body + hashlib.blake2b(body, digest_size=DIGEST_BYTES).digest()


def flipped(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        bit = rng.randrange(8 * (len(data) - DIGEST_BYTES))
        damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def spliced(data: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.sample(range(len(data)), 2))
    return data[:start] + rng.choice([b"", data[start:end] * 2, rng.randbytes(end - start)]) + data[end:]


def with_changed_header(data: bytes, rng: random.Random) -> bytes:
    """One field of the header, or one number deep inside the code, put to something absurd."""
    message = cl.Message.from_bytes(data)
    header = message.header.pack()
    absurd = [
        0,
        -1,
        1,
        3,
        2**16,
        2**31,
        2**62,
        1e300,
        -0.5,
        "",
        "x" * 1000,
        [],
        {},
        None,
        True,
        b"",
        [[[[]]]],
    ]
    at = rng.randrange(len(header) + 3)
    if at < len(header):
        header[at] = rng.choice(absurd)
    else:
        classifier = header[0]["online"][0]["calibrated"][0]["refit"][0]
        name = rng.choice(
            ["n_neighbors", "leaf_size", "p", "weights", "metric", "n_jobs", "algorithm", "memory"]
        )
        classifier["parameters"] = [name, rng.choice([*absurd, "minkowski", "os.system", 10**9])]
    return MAGIC + b"\1" + msgpack.packb([header, message.payload, message.checks]) + message.seal + bytes(16)


def main() -> None:
    parser(__doc__).parse_args()
    data = cl.load("digits")
    code = cl.OnlineCode(cl.Calibrated(cl.Refit(KNeighborsClassifier(3))))
    message = bytes(code.encode(data.x, data.y, classes=data.classes))
    kinds: list[Callable[[bytes, random.Random], bytes]] = [flipped, cut, spliced, with_changed_header]
    rng = random.Random(0)
    ends: collections.Counter[str] = collections.Counter()
    slowest, crashes, wrong = 0.0, 0, 0
    for number in range(COUNT):
        kind = kinds[number // 2 % len(kinds)]
        damaged = kind(message, rng)
        damaged = redigested(damaged) if number % 2 else damaged
        started = time.perf_counter()
        end = decoded(damaged, data, message)
        slowest = max(slowest, time.perf_counter() - started)
        ends[end] += 1
        crashes += end.startswith("foreign")
        wrong += end == "wrong labels"
        if number % 100 == 99:
            print(number + 1, dict(ends), f"slowest {slowest:.2f} s", flush=True)
    row = {
        "damages": COUNT,
        "ends": dict(ends.most_common()),
        "foreign_exceptions": crashes,
        "wrong_labels": wrong,
        "slowest_seconds": round(slowest, 2),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(row)
    write("damage", [row])


def decoded(damaged: bytes, data: Any, original: bytes) -> str:
    try:
        labels = cl.decode(damaged, data.x)
    except cl.CodelengthError as error:
        return type(error).__name__
    except BaseException as error:
        return f"foreign {type(error).__name__}: {error}"
    if damaged == original:
        return "not damaged"
    return "right labels" if np.array_equal(labels, data.y) else "wrong labels"


if __name__ == "__main__":
    main()
