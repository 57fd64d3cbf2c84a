"""The floats both ends agree on: versions, threads, precision, device, and a probe that proves them."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib
import importlib.metadata
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import threadpoolctl

from codelength.agreement import Agreement, Within
from codelength.errors import AgreementError, MessageError, NotPortableError, NumericsError
from codelength.profile import THREADS, is_portable

PROBE_BYTES = 8
_MOST_THREADS = 256
_VERSIONS = {"torch": ("torch", "numpy"), "scikit-learn": ("scikit-learn", "numpy", "scipy")}
#: what loads a library's threads: a limit is one of those that are loaded
_THREADED = {"scikit-learn": "sklearn.utils", "torch": "torch"}
_TORCH_ALONE = 3  # surroundings that messages of two-part and variational codes once named


@dataclasses.dataclass(frozen=True)
class Numerics(Agreement):
    """How floats are computed; the same at both ends, to the last bit."""

    threads: Annotated[int, Within(1, _MOST_THREADS)]
    precision: str = "float32"  # of networks: "float32", or "bfloat16" for autocast
    device: str = "cpu"
    portable: bool = False  # alike on all processors of a family: see `codelength.profile`

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.portable and (self.precision, self.device) != ("float32", "cpu"):
            raise AgreementError("portable numerics are float32, on a CPU")
        if self.precision not in ("float32", "bfloat16") or self.device not in ("cpu", "cuda"):
            raise AgreementError(f"unknown numerics: precision {self.precision!r}, device {self.device!r}")

    @classmethod
    def here(cls, libraries: frozenset[str]) -> Numerics:
        """All cores, bfloat16 where the CPU computes in it: exact from run to run on one kind of machine.

        Without torch, one thread: scikit-learn's steps are too short for two on a machine that is shared.
        In a process that is portable, what is the same on other kinds, too.
        """
        if "torch" not in libraries:
            return cls(threads=1, portable=is_portable())
        if is_portable():
            return cls(THREADS, portable=True)
        import torch

        threads = min(len(cores()), _MOST_THREADS)
        if torch.cuda.is_available():
            return cls(threads, "bfloat16", "cuda")
        return cls(threads, "bfloat16" if _has_bfloat16() else "float32")

    def pack(self, libraries: frozenset[str]) -> list[Any]:
        """The fields that matter to these libraries; `Numerics(*fields)` is the inverse."""
        if self.portable:
            return [self.threads, self.precision, self.device, True]
        return [self.threads, self.precision, self.device] if "torch" in libraries else [self.threads]

    def require_here(self, libraries: frozenset[str], theirs: Sequence[str]) -> None:
        """Raises NumericsError where this process computes other floats for certain than one with `theirs`
        as surroundings did; a NotPortableError where one that is portable would not.
        """
        if libraries:
            self._require_profile()
        require_same(theirs, surroundings(libraries), agree=True)

    def _require_profile(self) -> None:
        if self.portable and not is_portable():
            raise NotPortableError(
                "the message is portable, and this process is not: call codelength.portable() before NumPy "
                "and torch are imported"
            )
        if is_portable() and not self.portable:
            raise NumericsError("the message is not portable, and this process is: decode it in another")
        if self.precision == "bfloat16" and self.device == "cpu" and not _has_bfloat16():
            raise NumericsError(
                "the message was made by a processor that computes in bfloat16, and this one does not: "
                "decode it on one of that kind, or have it made anew with --portable"
            )

    @contextlib.contextmanager
    def enforced(self, libraries: frozenset[str]) -> Iterator[None]:
        """Sets threads and deterministic algorithms for the time of a run, and puts them back after."""
        with contextlib.ExitStack() as stack:
            if libraries:
                for library in sorted(libraries & _THREADED.keys()):
                    importlib.import_module(_THREADED[library])
                stack.enter_context(threadpoolctl.threadpool_limits(self.threads))
            if "torch" in libraries:
                stack.enter_context(self._torch())
            yield

    @contextlib.contextmanager
    def _torch(self) -> Iterator[None]:
        import torch

        if self.device == "cuda" and not torch.cuda.is_available():
            raise NumericsError("the message was made on a CUDA device, and there is none here")
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is exact only with it
        threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
        deterministic = torch.are_deterministic_algorithms_enabled()
        memory: Any = torch.utils.deterministic
        filled = memory.fill_uninitialized_memory
        benchmark = torch.backends.cudnn.benchmark
        try:
            matmul = torch.get_float32_matmul_precision()
        except RuntimeError:  # torch has two ways to say it, and refuses this one once the other was used
            raise NumericsError(
                "torch.backends.fp32_precision asks for less than float32: set it, and those of cuda and "
                'mkldnn, to "none" first'
            ) from None
        try:
            torch.set_num_threads(self.threads)
            torch.set_default_dtype(torch.float32)
            torch.use_deterministic_algorithms(True)
            memory.fill_uninitialized_memory = False
            torch.backends.cudnn.benchmark = False
            torch.set_float32_matmul_precision("highest")
            with torch.inference_mode(False), torch.enable_grad():
                yield
        finally:
            torch.set_num_threads(threads)
            torch.set_default_dtype(dtype)
            torch.use_deterministic_algorithms(deterministic)
            memory.fill_uninitialized_memory = filled
            torch.backends.cudnn.benchmark = benchmark
            torch.set_float32_matmul_precision(matmul)


def cores() -> list[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _has_bfloat16() -> bool:
    """Whether the CPU computes in bfloat16, and does not only imitate it."""
    import torch

    return torch.cpu._is_avx512_bf16_supported()


def surroundings(libraries: frozenset[str]) -> dict[str, str]:
    """What floats depend on besides the numerics: versions, instruction set, kind of processor.

    Raises AgreementError for a library that is not installed.
    """
    if not libraries:
        return {}
    versions = sorted({name for library in libraries for name in _VERSIONS.get(library, (library,))})
    try:
        found = {name: importlib.metadata.version(name) for name in versions}
    except importlib.metadata.PackageNotFoundError as error:
        raise AgreementError(f"there is no library {error.name!r} here, on which a learner depends") from None
    if "torch" in libraries:
        import torch

        found["instructions"] = torch.backends.cpu.get_cpu_capability()
    return found | {"processor": processor()}


def named(theirs: Sequence[str], ours: Mapping[str, str]) -> dict[str, str]:
    """A sender's surroundings, by the names that ours have. Raises MessageError for too few or too many."""
    names = list(ours)
    if len(theirs) == _TORCH_ALONE and "torch" in ours:
        names = ["torch", "instructions", "processor"]
    if len(theirs) != len(names):
        raise MessageError("the message does not name the numerics that its code needs")
    return dict(zip(names, theirs, strict=True))


def digest(p: npt.NDArray[np.float64]) -> bytes:
    """A short digest of probabilities, of all their bits."""
    return hashlib.blake2b(np.ascontiguousarray(p).tobytes(), digest_size=PROBE_BYTES).digest()


def require_same(theirs: Sequence[str], ours: Mapping[str, str], agree: bool) -> None:
    """Raises NumericsError, naming the parts that differ, unless both ends compute the same floats.

    `theirs` are the values of the sender's surroundings, in the order of ours. A different kind of
    processor alone is no reason to refuse: the probe (`agree`) decides.
    """
    there = named(theirs, ours)
    parts = [f"{name} {there[name]} there, {ours[name]} here" for name in there if there[name] != ours[name]]
    differ = [part for part in parts if not part.startswith("processor ")]
    if differ:
        raise NumericsError("the message was made with other numerics: " + "; ".join(differ))
    if not agree:
        unseen = "another build of a library, or other environment variables"
        if not ours:  # the code runs what its owner brought, and does not know on which libraries
            unseen = f"another model, another processor, {unseen}"
        raise NumericsError(
            "the probe differs: with the same versions this machine computes other floats than the sender's"
            + (f" ({parts[0]})" if parts else f"; {unseen}")
        )


def cpuinfo() -> dict[str, str]:
    """What the system says of the first processor; nothing where it does not say."""
    try:
        first = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def processor() -> str:
    """Maker, family and model of this machine's processor, as in "AMD 26/2"; else its architecture."""
    fields = cpuinfo()
    try:
        vendor = fields["vendor_id"].removeprefix("Authentic").removeprefix("Genuine")
        return f"{vendor[:8]} {fields['cpu family']}/{fields['model']}"
    except KeyError:
        return platform.machine()
