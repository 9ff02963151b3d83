"""Timers: sleepers by the time at which their time runs out, in a heap.

Most of them are woken before that. They are only counted then, and thrown away when they are most
of the heap: to take one out of its middle would cost more.
"""

from __future__ import annotations

import heapq
import itertools
import time
from threading import TIMEOUT_MAX
from typing import Generic, Protocol, TypeVar

FEW = 64
"""So many that came to nothing are left where they are."""


class Timed(Protocol):
    """What a timer is for. `due`: it has been woken, or its time has run out."""

    due: bool


T = TypeVar("T", bound=Timed)


class Timers(Generic[T]):
    """The timers of one scheduler; true if any are set. Times are those of `time.monotonic`."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._serial = itertools.count()
        self._stale = 0

    def __bool__(self) -> bool:
        return len(self._heap) > self._stale

    def set(self, deadline: float, sleeper: T) -> None:
        """Set a timer. Of two for the same time, the one that was set first comes first."""
        heapq.heappush(self._heap, (deadline, next(self._serial), sleeper))

    def came_to_nothing(self) -> None:
        """One whose time has not run out was woken."""
        self._stale += 1
        if self._stale > FEW and 2 * self._stale > len(self._heap):
            self._heap = [entry for entry in self._heap if not entry[2].due]
            heapq.heapify(self._heap)
            self._stale = 0

    def run_out(self) -> list[T]:
        """Take out those whose time has run out, in the order of their times."""
        now = time.monotonic()
        heap = self._heap
        found = []
        while heap and (heap[0][2].due or heap[0][0] <= now):
            sleeper = heapq.heappop(heap)[2]
            if sleeper.due:
                self._stale -= 1
            else:
                found.append(sleeper)
        return found

    def until_next(self) -> float:
        """Seconds until the earliest runs out; there must be one."""
        return min(max(0.0, self._heap[0][0] - time.monotonic()), TIMEOUT_MAX)
