"""Labels that have nothing to do with the inputs: no code may take less than their frequencies do.

python benchmarks/random_labels.py mnist --data-dir DIR
python benchmarks/random_labels.py mnist --codes uniform,online --labels 10000 --data-dir DIR
"""

from __future__ import annotations

import dataclasses
import time

from provenance import parser, write

# isort: split
import numpy as np

from codelength.codes.catalogue import USUAL
from codelength.data import load
from codelength.results.experiment import Experiment
from codelength.results.progress import shown


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("data", choices=("digits", "mnist", "cifar10"))
    arguments.add_argument("--codes", default=",".join(USUAL))
    arguments.add_argument("--model")
    arguments.add_argument("--labels", type=int)
    given = arguments.parse_args()
    data = load(given.data, given.data_dir, test=False)
    data = data.head(given.labels or len(data.x))
    shuffled = np.random.Generator(np.random.PCG64(0)).permutation(np.asarray(data.y))
    data = dataclasses.replace(data, y=shuffled, name=f"{data.name}-shuffled")
    for code in given.codes.split(","):
        started = time.perf_counter()
        with shown(f"{data.name} {code}", data.class_count) as progress:
            message, _ = Experiment(data, code, given.model).encode(progress)
        seconds = round(time.perf_counter() - started, 1)
        print(f"{code:<30} ratio {message.ratio:.5f}  {seconds:.0f} s", flush=True)
        row = {"data": data.name, "code": code, "payload_bits": message.payload_bits, "ratio": message.ratio}
        write(f"random-labels-{given.data}-{code.replace(':', '-')}", [row | {"seconds": seconds}])


if __name__ == "__main__":
    main()
