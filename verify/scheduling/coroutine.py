"""A coroutine: a task of the coroutine scheduler, and how it stands in line."""

from __future__ import annotations

from collections import deque
from types import FrameType, GeneratorType
from typing import Any

from verify.operation import Operation
from verify.scheduling.laned_cell import LanedCell, Parked
from verify.scheduling.life import ALIVE
from verify.scheduling.scheduler import Body
from verify.scheduling.timers import Timers


class Coroutine:
    """A task. `end` is the object that its joiners sleep at.

    It is new (it has a `body`), suspended at a `yield` (it has `code`), on a worker where it has
    parked (`worker`), or running.
    """

    __slots__ = ("body", "code", "context", "daemon", "end", "error", "name", "number", "worker")

    def __init__(self, number: int, body: Body) -> None:
        self.number = number
        self.name = body.name
        self.daemon = body.daemon
        self.end = LanedCell(ALIVE)
        self.body: Body | None = body
        self.code: GeneratorType[Any, Any, Any] | None = None
        self.worker: Any = None
        self.context: Any = None  # a generator's contextvars go with it from worker to worker
        self.error: BaseException | None = None  # to be raised where it waits

    @property
    def frame(self) -> FrameType | None:
        """Where it stands, if it has begun and is not running."""
        if self.worker is not None:
            frame: FrameType | None = self.worker.gr_frame
            return frame
        return None if self.code is None else self.code.gi_frame


class CoroutineSleeper(Parked):
    """One parked coroutine. `due`: it is in the line of those who are ready, or was."""

    __slots__ = ("_coroutine", "_ready", "_timers", "due")

    def __init__(
        self,
        coroutine: Coroutine,
        ready: deque[Coroutine],
        timers: Timers[CoroutineSleeper] | None,
        cell: LanedCell,
        operation: Operation,
    ) -> None:
        super().__init__(coroutine.number, cell, operation, timers is not None)
        self._coroutine = coroutine
        self._ready = ready
        self._timers = timers
        self.due = False

    def release(self) -> None:
        """Let it go on, after those who are ready already; a second time does nothing."""
        if not self.due:
            self._ready.append(self._coroutine)
            self.forget_time()

    def run_out(self) -> None:
        """Its time has run out; it may still be woken before it goes on."""
        self.due = True
        self._ready.append(self._coroutine)

    def forget_time(self) -> None:
        """Its time limit, if any, came to nothing."""
        self.due = True
        if self._timers is not None:
            self._timers.came_to_nothing()
