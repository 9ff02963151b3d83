"""Clock: `time` on virtual time.

Time passes by sleeping, and by waiting in vain until a time-out; it is the same in every
interleaving of one equivalence class (scheduling/virtual_time.py). The clocks begin at the same
moment in each execution. As for real, a little more time has passed afterwards than was slept:
exactly as much would be more than a sum of floating-point numbers can promise, and a loop that
waits until its time is up would wait once more, for nothing.

What a process has used of its processors' time (`process_time`, `thread_time`) is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from verify.substitution import originals
from verify.substitution.patches import dispatching, explored, substitute_name
from verify.sync.choice import sleep

EPOCH = 1_735_689_600.0
"""What `time.time` shows at the beginning of each execution: 2025 begins, in UTC."""
START = 1_024.0
"""The same for the clocks that only measure."""
RATE = 1 + 2.0**-10
"""Seconds that a clock shows for each that was slept."""


def _showing(start: float) -> Callable[[], float]:
    def show() -> float:
        scheduler: Any = explored()
        seconds: float = scheduler.clock()
        return start + seconds * RATE

    return show


def _in_nanoseconds(clock: Callable[[], float]) -> Callable[[], int]:
    return lambda: int(clock() * 1_000_000_000)


def substitute(time: ModuleType) -> None:
    """Replace the functions of `time` that tell or take time."""
    real = originals.of_time
    substitute_name(time, "sleep", dispatching(real["sleep"], sleep), real["sleep"])
    for name, start in (("time", EPOCH), ("monotonic", START), ("perf_counter", START)):
        clock = _showing(start)
        for form, virtual in ((name, clock), (f"{name}_ns", _in_nanoseconds(clock))):
            substitute_name(time, form, dispatching(real[form], virtual), real[form])
