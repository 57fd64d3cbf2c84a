"""The whole table: every code with every model that can serve it, each a run on disk.

What is done is skipped, what was stopped goes on; the shortest message of each code is decoded by a second
process before its row is shown. Each candidate's payload pays for the choice among them.
"""

from __future__ import annotations

import dataclasses
import functools
import multiprocessing
import os
import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import joblib

from codelength.checkpoint import Checkpoint
from codelength.codes.catalogue import CLASSIFIERS, ONLINE, SPREADING, build, candidates, entry, fits
from codelength.codes.held import held_path
from codelength.data.dataset import DataSet
from codelength.data.source import Source
from codelength.errors import CodelengthError, InputError
from codelength.networks import BUILT_IN
from codelength.numerics import cores
from codelength.profile import THREADS, is_portable
from codelength.results.experiment import Experiment, encoded, second_process
from codelength.results.progress import shown
from codelength.results.runs import Row, Runs, origin

Say = Callable[[str], None]

_RUN_BYTES = 2 * 2**30  # that a run takes, with room to spare
_OVERHEAD = 3e10  # operations, forward, that the beginning of a run takes as long as


@dataclasses.dataclass(frozen=True)
class Budget:
    """How much effort a sweep is worth: labels of each data set, the models to choose among, runs at once."""

    first: int | None
    models: tuple[str, ...] | None  # None: no choice, but one for each code
    jobs: int = 1


#: the whole zoo
ALL = (*BUILT_IN, *CLASSIFIERS, SPREADING, *ONLINE)
BUDGETS = {
    # networks so small leave most of a second core idle: better a run on each
    "quick": Budget(500, ("shallow", "lenet-slim", "nearest-neighbours"), jobs=64),
    "paper": Budget(None, ("shallow", "shallow-256", "mlp", "lenet-slim", "lenet", "vgg-small", *ONLINE)),
    "best": Budget(None, ALL),
}


def budget(name: str) -> Budget:
    """The budget of that name. Raises InputError if there is none."""
    if name not in BUDGETS:
        raise InputError(f"there is no budget {name!r}: quick, paper or best")
    return BUDGETS[name]


@dataclasses.dataclass(frozen=True)
class Job:
    """One candidate of one row of the table: a code with a model, on a data set."""

    source: Source
    code: str
    model: str | None
    among: tuple[str, ...]
    seed: int = 0

    @property
    def name(self) -> str:
        """The name of its run on disk."""
        first = [str(self.source.first)] if self.source.first else []
        words = [
            Path(self.source.data).stem,
            *first,
            self.code.replace(":", "-"),
            *([self.model or ""] if self.among else []),
        ]
        words += [f"seed{self.seed}"] if self.seed else []
        return "-".join(words)

    def matches(self, row: Row) -> bool:
        """Whether a row on disk is of this very job, and of data with these inputs, labels and classes."""
        data = _loaded(self.source)
        mine = {
            "code": self.code,
            "model": self.model,
            "seed": self.seed,
            "among": list(self.among),
            "data_digest": data.digest,
            "portable": is_portable(),
        }
        agreed = None if row.get("alphabet_bits") else row.get("classes")  # in advance
        return mine == {name: row.get(name) for name in mine} and agreed == data.class_count


def planned(
    sources: Sequence[Source],
    codes: Sequence[str],
    models: Sequence[str] | None = None,
    seed: int = 0,
    model: str | None = None,
) -> list[list[Job]]:
    """A group of jobs for each row of the table: those of the models that can serve it are its candidates.

    With no models to choose among, the one `model` for all codes that take any, or the agreed ones. Raises
    AgreementError for a model that a code does not take, InputError where none can serve, or that one does
    not fit the inputs.
    """
    groups = []
    for source in sources:
        data = _loaded(source)
        for code in codes:
            fitting = (_named(code, data, model),) if models is None else candidates(code, data.x, models)
            if not fitting:
                raise InputError(f"none of the models can serve the code {code!r} on {data.name}")
            named = tuple(each for each in fitting if each is not None)
            among = named if len(named) > 1 else ()
            groups.append([Job(source, code, each, among, seed) for each in fitting])
    names = [job.name for group in groups for job in group]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"two runs would have the name {twice[0]}: name each file and each code once")
    return groups


def swept(
    groups: Sequence[Sequence[Job]], runs: Runs, command: Sequence[str], jobs: int = 1, say: Say | None = None
) -> Iterator[Row]:
    """Runs what is not yet on disk, `jobs` at a time, and yields the best row of each group, decoded.

    A candidate that fails is told, and left out. Raises CodelengthError when none of a group is left.
    """
    say = say or (lambda _: None)
    everything = [job for group in groups for job in group]
    missing = [job for job in everything if not _done(job, runs)]
    if len(everything) > len(missing):
        say(f"{len(everything) - len(missing)} of {len(everything)} runs are there already")
    began = time.monotonic()
    weights = {job: _weight(job) for job in missing}
    behind, last = 0.0, {}
    run = functools.partial(_run, runs=runs, command=command, alone=jobs == 1)
    for place, (job, said) in enumerate(_each(missing, run, jobs), 1):
        behind, last[job] = behind + weights[job], said
        left = (time.monotonic() - began) * (sum(weights.values()) - behind) / behind
        more = f"; {len(missing) - place} of {len(missing)} runs left, about {_duration(left)}"
        say(f"{job.name}: {said}" + (more if place < len(missing) else ""))
    best = [_shortest(group, runs, last) for group in groups]
    waiting = [job for job in best if not _row(job, runs)["decoded"]]
    for place, (job, said) in enumerate(_each(waiting, functools.partial(_decode, runs=runs), jobs), 1):
        say(f"{job.name}: {said}; {place} of {len(waiting)}")
    yield from (_row(job, runs) for job in best)


def at_once(jobs: int) -> int:
    """How many runs at a time, where so many are wished for: as cores and memory allow."""
    apart = len(cores()) // (THREADS if is_portable() else 1)  # portable runs have threads of a fixed number
    return max(1, min(jobs, apart, _memory() // _RUN_BYTES))


def _each(some: Sequence[Job], do: Callable[[Job], str], jobs: int) -> Iterator[tuple[Job, str]]:
    """Does it to each, `jobs` at a time on cores of their own; yields what there is to say, as it comes."""
    if jobs == 1 or len(some) < 2:
        yield from ((job, do(job)) for job in some)
        return
    with multiprocessing.Manager() as manager:
        free = manager.Queue()
        mine = cores()
        for worker in range(jobs):
            free.put(mine[worker::jobs][: len(mine) // jobs])
        pool = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")
        yield from pool(joblib.delayed(_pinned)(job, do, free) for job in some)


def _pinned(job: Job, do: Callable[[Job], str], free: queue.Queue[list[int]]) -> tuple[Job, str]:
    """Does it on some of the cores: as many threads as a run then sees are named in its message."""
    some = free.get()
    try:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, some)
        return job, do(job)
    finally:
        free.put(some)


def _run(job: Job, runs: Runs, command: Sequence[str], alone: bool) -> str:
    """Alice's run of a job, kept on disk; what there is to say of it."""
    data = _loaded(job.source)
    path = runs.message(job.name)
    checkpoint = Checkpoint.beside(path, resume=True)
    unfinished = path.with_name(path.name + ".new")
    for stale in (unfinished, held_path(unfinished)):  # of a run that was killed before its row was written
        stale.unlink(missing_ok=True)
    experiment = Experiment(data, job.code, job.model, job.seed, job.among)
    try:
        with shown(job.name, data.class_count, bar=alone) as progress:
            *_, row = encoded(experiment, unfinished, progress, checkpoint)
    except (CodelengthError, RuntimeError, MemoryError) as error:  # torch's own are RuntimeErrors
        return f"failed: {error}"
    runs.save(job.name, row, origin(command, job.seed))
    if held_path(unfinished).exists():
        os.replace(held_path(unfinished), held_path(path))
    os.replace(unfinished, path)  # with its message there, the run has ended
    checkpoint.remove()
    return f"{row['payload_bits'] / 1000:.3f} kbits in {_duration(row['encode_seconds'])}"


def _shortest(group: Sequence[Job], runs: Runs, said: Mapping[Job, str]) -> Job:
    """The job of a group whose message is the shortest. Raises CodelengthError if none came to its end."""
    found = [(row["payload_bits"], job) for job in group if (row := runs.row(job.name)) is not None]
    if not found:
        reasons = "; ".join(dict.fromkeys(said[job] for job in group))
        raise CodelengthError(f"no run of {group[0].name} came to its end: {reasons}")
    return min(found, key=lambda one: one[0])[1]


def _decode(job: Job, runs: Runs) -> str:
    """Bob's run of a job, kept on disk; what there is to say of it."""
    row = _row(job, runs)
    row |= second_process(runs.message(job.name), _loaded(job.source), job.source.arguments)
    runs.save(job.name, row)
    return f"decoded by a second process in {_duration(row['decode_seconds'])}"


def _row(job: Job, runs: Runs) -> Row:
    """The row of a job that has one."""
    row = runs.row(job.name)
    assert row is not None, f"{job.name} was run"
    return row


def _done(job: Job, runs: Runs) -> bool:
    """Whether its run is on disk. Raises InputError when another run or message is there in its place."""
    row, path = runs.row(job.name), runs.message(job.name)
    if (row is None and path.exists()) or (row is not None and not job.matches(row)):
        raise InputError(f"{path} is of another run, or version: name another folder for the runs")
    return row is not None


def _named(code: str, data: DataSet, model: str | None) -> str | None:
    """The model of a code that was not chosen: this one, or else the agreed one; None where it takes none."""
    if entry(code).default is None:
        return None
    if model is not None and not fits(model, data.x):
        raise InputError(f"{model!r} does not fit the inputs of {data.name}, of shape {data.x.shape[1:]}")
    return build(code, data.x, model)[1]


def _weight(job: Job) -> float:
    """How long a job may take beside others: its labels by its network's operations an input."""
    data = _loaded(job.source)
    return _OVERHEAD + len(data.x) * _operations(job)


@functools.cache
def _operations(job: Job) -> float:
    """Floating-point operations of a forward pass."""
    from codelength import networks
    from codelength.training.inputs import Normalizer
    from codelength.training.trainer import seeded

    names = [name for name in (job.model or "").split("+") if networks.is_network(name)]
    if not names:
        return 0.0
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    shape = Normalizer(_loaded(job.source).x[:1]).shape
    with seeded(0), FlopCounterMode(display=False) as counter:
        for name in names:
            networks.build(name, shape, 2).eval()(torch.zeros(1, *shape))
    return float(counter.get_total_flops())


@functools.lru_cache(maxsize=2)
def _loaded(source: Source) -> DataSet:
    return source.load()


def _memory() -> int:
    """Bytes that runs can have; where the system does not tell, enough for one."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return _RUN_BYTES


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
