"""Limits: what may stop a search before it is complete, each with a name."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any

from verify.errors import UsageError

NO_LIMIT = "none"
"""What takes a limit away where limits are written down: on a command line, in a settings file."""

EVERY_CORE = "auto"
"""As many workers as there are cores for this process."""


def as_written(limit: Any) -> Any:
    """The limit that was written down so; None if it is to be none."""
    return None if limit == NO_LIMIT else limit


@dataclass(frozen=True)
class Limits:
    """How far a search may go. None is no limit. UsageError for a limit that is not positive.

    `max_memory` is in megabytes; without it the search may take what the machine has: memory.py.
    """

    max_executions: int | None = None
    max_seconds: float | None = None
    max_steps: int = 10_000
    max_memory: int | None = None

    def __post_init__(self) -> None:
        for name in ("max_executions", "max_seconds", "max_steps", "max_memory"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name} is {value}: it must be greater than 0")


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _is_daemon() -> bool:
    """Whether this process may have no children."""
    processes = sys.modules.get("multiprocessing.process")  # a daemon has imported it
    return processes is not None and bool(processes.current_process().daemon)


def count_of_workers(asked: int | str, divisible: bool, strategy: str) -> int:
    """How many processes are to explore together; `divisible`: the strategy lets several do so.

    UsageError for a number that is not positive, and for several where only one can.
    """
    count = cores() if asked == EVERY_CORE else asked
    if type(count) is not int or count < 1:
        raise UsageError(f'workers={asked!r} is not a whole number from 1, or "{EVERY_CORE}"')
    if asked == EVERY_CORE and not divisible:
        return 1
    if count > 1 and not divisible:
        raise UsageError(
            f"workers={count} share out a complete search by strategy dpor, not one by {strategy} "
            "or with bounded preemptions: leave one of the two out"
        )
    if count > 1 and not hasattr(os, "fork"):
        raise UsageError(f"workers={count} are forked, which this system cannot do: use 1")
    if count > 1 and _is_daemon():
        raise UsageError(
            f"workers={count} cannot be started by a daemonic process, such as one of a "
            "multiprocessing.Pool: use 1"
        )
    return count
