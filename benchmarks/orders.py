"""One code on the labels in several orders: ideal bits of the first so many labels, and of all.

python benchmarks/orders.py mnist --seeds 0,1,2 --data-dir DIR
"""

from __future__ import annotations

import time

from provenance import parser, write

# isort: split
import numpy as np

from codelength.data import load
from codelength.results.experiment import Experiment
from codelength.results.progress import shown

_FIRST = (1000, 5000, 10000)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("data", choices=("digits", "mnist", "cifar10"))
    arguments.add_argument("--code", default="online")
    arguments.add_argument("--model")
    arguments.add_argument("--seeds", default="0,1,2")
    given = arguments.parse_args()
    data = load(given.data, given.data_dir, test=False)
    seeds = [int(seed) for seed in given.seeds.split(",")]
    rows = []
    for seed in seeds:
        experiment = Experiment(data, given.code, given.model, seed)
        started = time.perf_counter()
        with shown(f"order {seed}", data.class_count) as progress:
            found = experiment.measure(progress)
        labels, so_far = found.curve.T
        bits = {
            first: round(float(np.interp(first, labels, so_far)), 2) for first in _FIRST if first <= found.n
        }
        rows.append(
            {
                "data": data.name,
                "code": given.code,
                "model": experiment.model_name,
                "seed": seed,
                "first": bits,
                "ideal_bits": found.ideal_bits,
                "seconds": round(time.perf_counter() - started, 1),
            }
        )
        print(f"order {seed}: {found.ideal_bits:,.0f} bits, {bits}", flush=True)
        write(f"orders-{given.data}-{given.code.replace(':', '-')}", rows, seed=seeds)
    totals = [row["ideal_bits"] for row in rows]
    print(f"{np.mean(totals):,.0f} ± {np.std(totals, ddof=min(1, len(totals) - 1)):,.0f} bits")


if __name__ == "__main__":
    main()
