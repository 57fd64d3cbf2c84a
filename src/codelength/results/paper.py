"""What Blier and Ollivier found: The Description Length of Deep Learning Models (NeurIPS 2018), table 1."""

from __future__ import annotations

#: kbits, as the table has them, by data set and code; the variational row is a bound, nothing was sent
KBITS = {
    ("mnist", "uniform"): "199",
    ("mnist", "two-part:float32"): "> 8,600",
    ("mnist", "two-part:deep-compression"): "> 400",
    ("mnist", "variational:bits-back"): "22.2",
    ("mnist", "variational:relative-entropy"): "22.2",
    ("mnist", "online"): "4.10",
    ("mnist", "online:refit"): "4.10",
    ("mnist", "online:best"): "4.10",
    ("cifar10", "uniform"): "166",
    ("cifar10", "two-part:float32"): "> 428,000",
    ("cifar10", "two-part:deep-compression"): "> 14,000",
    ("cifar10", "variational:bits-back"): "89.0",
    ("cifar10", "variational:relative-entropy"): "89.0",
    ("cifar10", "online"): "45.3",
    ("cifar10", "online:refit"): "45.3",
    ("cifar10", "online:best"): "45.3",
}


def kbits(data: str, code: str) -> float | None:
    """The paper's number; where it says only that it is more than one, that one."""
    said = KBITS.get((data, code))
    return None if said is None else float(said.removeprefix("> ").replace(",", ""))
