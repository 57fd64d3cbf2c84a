"""Killed and resumed: Alice's run and Bob's, each killed twice with SIGKILL, beside runs that were not.

    python benchmarks/interrupted.py [mnist|cifar10] --data-dir DIR [--labels 10000]

Alice must end in the same bytes and Bob in the same labels. Also what checkpoints cost.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from provenance import parser, write

# isort: split
import numpy as np

import codelength as cl
from codelength.codes.catalogue import build

KILLS = (0.35, 0.7)  # of the time that the run takes when nobody kills it


def killed_twice(command: list[str], seconds: float, out: Path) -> dict[str, float]:
    """Runs a command line, kills it at the first and the second point, lets it end the third time."""
    started, behind, kills = time.perf_counter(), 0.0, 0
    part = out.with_name(out.name + ".part")
    for share in KILLS:
        resumed = ["--resume"] if kills else []
        process = subprocess.Popen([*command, *resumed], stdout=subprocess.DEVNULL)
        time.sleep(max(1.0, seconds * share - behind))
        while not part.exists() and process.poll() is None:
            time.sleep(0.1)
        assert process.poll() is None, "it ended before it was killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        behind, kills = seconds * share, kills + 1
    subprocess.run([*command, "--resume"], check=True, stdout=subprocess.DEVNULL)
    return {"kills": kills, "seconds": round(time.perf_counter() - started, 1)}


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("data", nargs="?", default="cifar10", choices=("mnist", "cifar10"))
    arguments.add_argument("--labels", type=int, default=10_000)
    given = arguments.parse_args()
    data = cl.load(given.data, given.data_dir)
    x, y = data.x[: given.labels], data.y[: given.labels]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "alice.npz", x=x, y=y)
        np.savez(folder / "bob.npz", x=x)
        checkpoint = cl.Checkpoint(folder / "whole.part", resume=False)
        started = time.perf_counter()
        whole = build("online", x)[0].encode(x, y, checkpoint=checkpoint)
        seconds = time.perf_counter() - started
        rows.append(
            {
                "what": "checkpoints, of a run that nobody killed",
                "labels": len(x),
                "payload_bits": whole.payload_bits,
                "seconds": round(seconds, 1),
                "seconds_in_checkpoints": round(checkpoint.seconds, 2),
                "share": round(checkpoint.seconds / seconds, 4),
            }
        )
        print(rows[-1], flush=True)
        run, message, labels = (
            [sys.executable, "-m", "codelength"],
            folder / "alice.cl",
            folder / "labels.npy",
        )
        encode = [*run, "encode", "--data", str(folder / "alice.npz"), "--out", str(message)]
        rows.append({"what": "Alice killed", "labels": len(x)} | killed_twice(encode, seconds, message))
        rows[-1]["same_bytes"] = message.read_bytes() == bytes(whole)
        print(rows[-1], flush=True)
        decode = [*run, "decode", str(message), "--data", str(folder / "bob.npz"), "--out", str(labels)]
        rows.append({"what": "Bob killed", "labels": len(x)} | killed_twice(decode, seconds, labels))
        rows[-1]["same_labels"] = bool(np.array_equal(np.load(labels), y))
        print(rows[-1])
    write(f"interrupted-{given.data}", rows)


if __name__ == "__main__":
    main()
