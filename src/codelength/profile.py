"""The portable profile: floats that come out alike on x86-64 processors with AVX2, at the price of speed.

It is a matter of the environment, which the libraries read once, when they are imported: kernels are capped
to one instruction set, and choose no others for the maker of the processor. So it is begun before NumPy and
torch are imported, and holds for the whole process.
"""

from __future__ import annotations

import os
import sys

from codelength.errors import NotPortableError

#: what the process's environment says under the profile
VARIABLES = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "COMPATIBLE",
    "OPENBLAS_CORETYPE": "Haswell",
    # NumPy's names from 2.4 on, then those before
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR "
    "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL",
}
THREADS = 2
_READERS = ("numpy", "torch")


def is_portable() -> bool:
    """Whether this process computes under the portable profile."""
    return all(os.environ.get(name) == value for name, value in VARIABLES.items())


def portable() -> None:
    """Begins the portable profile: what is encoded and decoded from now on is alike on other processors.

    To be called before NumPy and torch are imported. Raises NotPortableError if they have been.
    """
    if is_portable():
        return
    imported = [name for name in _READERS if name in sys.modules]
    if imported:
        raise NotPortableError(
            f"{' and '.join(imported)} came first: call codelength.portable() before they are imported"
        )
    os.environ.update(VARIABLES)


def restart() -> None:
    """Runs the command line of this process anew, under the portable profile, in its place."""
    os.environ.update(VARIABLES)
    os.execv(sys.executable, [sys.executable, "-m", "codelength", *sys.argv[1:]])
