"""A process of codelength's own, not one that imports it: how its threads wait, and what memory it keeps.

Floats do not depend on either, time does. Both hold for all of a process, so a library leaves them alone.
"""

from __future__ import annotations

import ctypes
import os
import sys

# glibc's malloc.h: give memory back above so much at the top of the heap; map what is at least so large
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT = 1 << 30  # bytes
_HEAPED = 1 << 25  # bytes; the most that every glibc allows


def settle() -> None:
    """Settles the process for training; to be called before torch is imported."""
    # torch's threads else wait in long loops, and on a shared machine that costs ten times what it saves
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    # each step lets go of what the next one asks for again: pages that are kept need not be cleared anew
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):  # musl has none
        mallopt(_MMAP_THRESHOLD, _HEAPED)
        mallopt(_TRIM_THRESHOLD, _KEPT)
