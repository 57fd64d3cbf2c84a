"""Symbols a second through the entropy coder, beside constriction called directly, in turn in one run.

python benchmarks/entropy_speed.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

from provenance import parser, write

# isort: split
import constriction
import numpy as np

from codelength.channel import Receiver, Sender
from codelength.entropy import RangeDecoder, RangeEncoder, Table, Whole

N, K, REPEATS = 1_000_000, 10, 7


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser(__doc__).parse_args()
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(K), N)
    y = (p.cumsum(axis=1) < rng.random((N, 1))).sum(axis=1).clip(max=K - 1)
    symbols = y.astype(np.int32)
    family = constriction.stream.model.Categorical(perfect=False)

    def direct_in() -> np.ndarray:
        encoder = constriction.stream.queue.RangeEncoder()
        encoder.encode(symbols, family, p)
        return encoder.get_compressed()

    def ours_in() -> bytes:
        encoder = RangeEncoder()
        encoder.encode(y, Table(p))
        return encoder.finish()

    def channel_in() -> Sender:
        sender = Sender(y, RangeEncoder())
        sender.labels(p)
        return sender

    words, data, sent = direct_in(), ours_in(), channel_in()
    payload = sent.finish()
    works: dict[str, Callable[[], object]] = {
        "direct in": direct_in,
        "ours in": ours_in,
        "channel in": channel_in,
        "direct out": lambda: constriction.stream.queue.RangeDecoder(words).decode(family, p),
        "ours out": lambda: RangeDecoder(data).decode(Table(p)),
        "channel out": lambda: Receiver(N, Whole(payload, "range"), sent.checks).labels(p),
    }
    assert np.array_equal(RangeDecoder(data).decode(Table(p)), y)
    times = {name: [] for name in works}
    for _ in range(REPEATS):
        for name, work in works.items():
            times[name].append(seconds(work))
    rows = []
    for way in ("in", "out"):
        for ours, what in {"ours": "entropy coder", "channel": "whole channel, with accounting"}.items():
            ratios = [d / t for d, t in zip(times[f"direct {way}"], times[f"{ours} {way}"], strict=True)]
            rows.append(
                {
                    "what": f"{what}, {way}",
                    "labels": N,
                    "classes": K,
                    "symbols_a_second": round(N / float(np.median(times[f"{ours} {way}"]))),
                    "constriction_directly": round(N / float(np.median(times[f"direct {way}"]))),
                    "ratio": round(float(np.median(ratios)), 3),
                }
            )
            print(rows[-1])
    write("entropy-speed", rows)


if __name__ == "__main__":
    main()
