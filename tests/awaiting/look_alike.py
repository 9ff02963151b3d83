"""Look-alikes: loops that only look and yet come to an end by themselves. They await nothing.

Each hides what tells its iterations apart somewhere else. Nobody writes `flag`, so whoever takes
two iterations of one of these for the same leaves it standing for ever.
"""

from __future__ import annotations

from collections.abc import Callable

import verify

Flag = verify.Shared[int]

LOOK_ALIKES: list[Callable[[Flag], object]] = []


def look_alike(program: Callable[[Flag], object]) -> Callable[[Flag], object]:
    """Add a loop to the list."""
    LOOK_ALIKES.append(program)
    return program


def look(flag: Flag) -> int:
    return flag.value
