"""placeholder until the numerics are written"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Numerics:
    threads: int = 2
    device: str = "cpu"
    precision: str = "bfloat16"  # or "float32"
