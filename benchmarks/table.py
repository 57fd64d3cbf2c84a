"""Rows of the table: each message is kept, and decoded by a second process that has only the inputs.

python benchmarks/table.py digits
python benchmarks/table.py mnist --codes online --data-dir DIR
python benchmarks/table.py mnist --codes online --data-dir DIR --decode   # the message that is there
python benchmarks/table.py digits --codes online --portable   # one that other processors decode, too
python benchmarks/table.py runs/fashion-mnist.npz --codes online   # a file; fashion_mnist.py makes this one
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from pathlib import Path

from provenance import MESSAGES, RESULTS, command, parser

# isort: split
import numpy as np
from rich.console import Console

from codelength.codes.catalogue import USUAL
from codelength.codes.held import held_path
from codelength.data.source import Source
from codelength.results import curve
from codelength.results.experiment import Experiment, encoded, second_process
from codelength.results.progress import shown
from codelength.results.runs import Runs, origin
from codelength.results.table import WIDTH, rendered

# what Bob gets of each data set by name: files that hold no label he could read
_IMAGES = {
    "mnist": ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte"),
    "cifar10": ("*.bin",),
    "digits": (),
}


def bobs(given: Source, folder: Path) -> Source:
    """A copy of the data in a folder, with no label: no label file or array, label bytes zeroed."""
    if given.data not in _IMAGES:
        data = dataclasses.replace(given, first=None).load(labels=False)
        path = folder / f"{Path(given.data).stem}.npz"
        np.savez(path, x=data.x, **({} if data.x_test is None else {"x_test": data.x_test}))
        return dataclasses.replace(given, data=str(path))
    for pattern in _IMAGES[given.data]:
        for path in (given.data_dir or Path()).rglob(f"{pattern}*"):
            target = folder / path.name
            shutil.copyfile(path, target)
            if given.data == "cifar10":
                records = bytearray(target.read_bytes())
                records[:: 1 + 3072] = bytes(len(records) // (1 + 3072))
                target.write_bytes(records)
    return dataclasses.replace(given, data_dir=folder if given.data_dir else None)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("data", help=f"{', '.join(sorted(_IMAGES))}, or an .npz file")
    arguments.add_argument("--codes", default=",".join(USUAL))
    arguments.add_argument("--model")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--first", type=int, help="rows alone")
    arguments.add_argument("--name", help="of the result; else DATA-CODE")
    arguments.add_argument("--decode", action="store_true", help="the message that is there, and its row")
    given = arguments.parse_args()
    source = Source(given.data, given.data_dir, first=given.first)
    data = source.load()
    runs = Runs(RESULTS, MESSAGES)
    rows = []
    for code in given.codes.split(","):
        name = given.name or f"{Path(given.data).stem}-{code.replace(':', '-')}"
        path = runs.message(name)
        if given.decode:
            row = runs.row(name)
            assert row is not None, f"there is no message {path}"
        else:
            for old in (path, held_path(path)):
                old.unlink(missing_ok=True)
            with shown(name, data.class_count) as progress:
                *_, row = encoded(Experiment(data, code, given.model, given.seed), path, progress)
            runs.save(name, row, origin(command(), given.seed))  # what Alice knows, should Bob take long
        with tempfile.TemporaryDirectory() as folder:
            row |= second_process(path, data, bobs(source, Path(folder)).arguments)
        runs.save(name, row)
        rows.append(row)
        picture = RESULTS / f"{name}.png"
        picture.unlink(missing_ok=True)
        curve.save([row], picture)
    Console(width=WIDTH).print(rendered(rows, RESULTS))


if __name__ == "__main__":
    main()
