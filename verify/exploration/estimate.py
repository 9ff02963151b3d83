"""An estimate: between which numbers of equivalence classes a program has, most likely.

It comes from probes (probing.py), each of which is right on average. Their mean is taken, of the
second half of them, since the first have still to learn how to come close to it. The logarithm of
that mean is taken to be spread as the mean of so many numbers is that differ as these do. The upper
bound is farther away than the lower one: the few probes that stand for most classes decide, and a
mean that has missed them is too small. Both are rounded away from each other, to two digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

FEWEST = 20
"""Probes that there must be for an estimate."""
LEARNING = 0.5
"""The share of the probes that is left out."""
BELOW, ABOVE = 2.0, 2.5
"""How many standard deviations of the logarithm of the mean the bounds are away from it."""
WIDEST = 1_000
"""The upper bound over the lower one where nothing is stated: that would be no help to anybody."""
ALONE = 0.5
"""The share of the sum that one probe may have: else it is luck that it was among them."""
COUNTLESS = 1e300
"""So many classes cannot be added up."""
_NAMES = ((10**9, "billion"), (10**6, "million"))


@dataclass(frozen=True)
class Estimate:
    """At least `low` and at most `high` classes in all; low is more than have been run."""

    low: int
    high: int

    def __str__(self) -> str:
        if self.low == self.high:
            return f"about {_told(self.low)}"
        for size, name in _NAMES:
            if size <= self.low and self.high < 1000 * size:
                return f"about {self.low / size:g} to {self.high / size:g} {name}"
        return f"about {_told(self.low)} to {_told(self.high)}"

    def document(self) -> dict[str, int]:
        """The estimate as JSON has it."""
        return {"low": self.low, "high": self.high}


def estimate(probes: Sequence[float], run: int) -> Estimate | None:
    """What probes say, if so many classes have been run and some are left; None if too little."""
    used = probes[int(len(probes) * LEARNING) :]
    count = len(used)
    if len(probes) < FEWEST:
        return None
    largest = max(used)
    if not 0 < largest < COUNTLESS:
        return None
    mean = math.fsum(used) / count
    least = run + 1
    if largest > ALONE * mean * count:
        return None
    variance = math.fsum((probe / mean - 1) ** 2 for probe in used) / (count - 1)
    spread = math.sqrt(math.log1p(variance / count))
    low = max(least, _rounded(mean * math.exp(-BELOW * spread), math.floor))
    high = _rounded(mean * math.exp(ABOVE * spread), math.ceil)
    if high < least or high > WIDEST * low:
        return None  # the probes have not seen what the search has, or next to nothing
    return Estimate(low, high)


def _rounded(value: float, whole: Callable[[float], int]) -> int:
    """To two digits, and to a whole number."""
    unit = 10 ** max(0, math.floor(math.log10(value)) - 1) if value >= 1 else 1
    return whole(value / unit) * unit


def _told(number: int) -> str:
    if number >= 10**12:
        return f"{number:.1e}"
    return f"{number:,}".replace(",", " ")
