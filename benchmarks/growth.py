"""Time and memory as the data grow: the online code on 3,000, 12,000 and 48,000 labels, inputs mapped.

    python benchmarks/growth.py [mnist|cifar10] --data-dir DIR

Each run is a process of its own. Memory is that of the process beyond mapped files (anonymous, at its peak).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from provenance import parser, write

# isort: split
import numpy as np

import codelength as cl

SIZES = (3_000, 12_000, 48_000)


def one_run(folder: Path, name: str) -> dict[str, float]:
    """In a child: `measure` on mapped inputs."""
    from codelength.codes.catalogue import build

    x, y = np.load(folder / "x.npy", mmap_mode="r"), np.load(folder / "y.npy")
    peak, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            peak[0] = max(peak[0], anonymous_kib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    measured = build("online", x)[0].measure(x, y, classes=range(10))
    seconds = time.perf_counter() - started
    over.set()
    watcher.join()
    return {
        "data": name,
        "labels": len(x),
        "seconds": round(seconds, 1),
        "peak_memory_mib": peak[0] // 1024,
        "mapped_inputs_mib": x.nbytes // 2**20,
        "ideal_kbits": round(measured.kbits, 3),
    }


def anonymous_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0])


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("data", nargs="?", default="mnist", choices=("mnist", "cifar10"))
    arguments.add_argument("--child", type=Path, help="for the benchmark's own use")
    given = arguments.parse_args()
    if given.child:
        print(json.dumps(one_run(given.child, given.data)))
        return
    data = cl.load(given.data, given.data_dir)
    rows: list[dict[str, float]] = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            np.save(Path(folder) / "x.npy", data.x[:size])
            np.save(Path(folder) / "y.npy", data.y[:size])
            child = [sys.executable, __file__, given.data, "--child", folder]
            out = subprocess.run(child, check=True, capture_output=True, text=True).stdout
        rows.append(json.loads(out.splitlines()[-1]))
        if len(rows) > 1:
            rows[-1]["times_the_seconds_before"] = round(rows[-1]["seconds"] / rows[-2]["seconds"], 2)
        print(rows[-1], flush=True)
    write(f"growth-{given.data}", rows)


if __name__ == "__main__":
    main()
