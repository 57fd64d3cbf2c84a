"""A process of codelength's own keeps the memory that one step lets go of for the next."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
from codelength.process import settle

settle()

def step():
    blocks = [b"x" * (30 << 20) for _ in range(4)]  # as large as the outputs of a layer

step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators are not told")
def test_the_second_step_asks_for_no_page() -> None:
    faults = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(faults.stdout) < 30  # of 30,720 pages, or of 60 large ones
