"""Says of a row of readings whether they stay where they are."""

from collections.abc import Sequence
from dataclasses import dataclass

WARM_UP = 1 / 3
"""The part of the readings that is left out: caches, pools and allocators fill in the beginning."""


@dataclass(frozen=True)
class Slope:
    """The straight line through what remains of the readings."""

    start: float
    """Where it begins."""
    growth: float
    """How much it rises from there to the last reading."""

    def is_flat(self, most: float) -> bool:
        """Whether it rises by no more than this; falling is flat."""
        return self.growth <= most


def slope(readings: Sequence[float]) -> Slope:
    """The least-squares line through all readings but the first ones; needs two that remain."""
    kept = readings[int(len(readings) * WARM_UP) :]
    if len(kept) < 2:
        raise ValueError("Two readings are needed after the first third.")
    middle, mean = (len(kept) - 1) / 2, sum(kept) / len(kept)
    spread = sum((at - middle) ** 2 for at in range(len(kept)))
    rise = sum((at - middle) * (value - mean) for at, value in enumerate(kept)) / spread
    return Slope(mean - rise * middle, rise * (len(kept) - 1))
