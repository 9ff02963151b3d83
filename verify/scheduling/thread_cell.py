"""A cell of the threads scheduler with its guard, and what a thread sleeps on: two locks."""

from __future__ import annotations

from _thread import allocate_lock
from typing import Any

from verify.compiling import mypyc_attr
from verify.operation import Operation
from verify.scheduling.laned_cell import LanedCell, Parked


@mypyc_attr(allow_interpreted_subclasses=True)
class ThreadCell(LanedCell):
    """A cell under a guard, which may be that of other cells, too. Its methods are at hand here."""

    __slots__ = ("enter", "guard", "leave")

    def __init__(self, state: Any, guard: Any, label: str = "") -> None:
        super().__init__(state, label)
        self.guard = guard
        self.enter: Any = guard.acquire
        self.leave: Any = guard.release


@mypyc_attr(allow_interpreted_subclasses=True)
class Sleeper(Parked):
    """One parked thread."""

    __slots__ = ("signal",)

    def __init__(self, task: int, cell: LanedCell, operation: Operation, timed: bool) -> None:
        super().__init__(task, cell, operation, timed)
        self.signal: Any = allocate_lock()
        self.signal.acquire()

    def release(self) -> None:
        """Let the thread go on; a second time, when a waker and `abort` meet, does nothing."""
        try:  # noqa: SIM105  (suppress would cost more than the release)
            self.signal.release()
        except RuntimeError:
            pass
