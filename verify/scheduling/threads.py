"""OS threads: a guard is a lock, a sleeper waits on a lock of its own, a state is an attribute.

The everyday scheduler (`everyday_threads`) serves programs that run outside any explorer. Threads
that the harness did not start (the main thread, a `threading.Thread`) are tasks too: a number is
given to each at its first operation.
"""

from __future__ import annotations

import itertools
import threading
import time
from _thread import allocate_lock
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from verify.compiling import mypyc_attr
from verify.errors import Misuse, TaskKilled
from verify.operation import EVERYONE, Lane, Operation
from verify.scheduling.forked import ForkedTask, refuse_given
from verify.scheduling.in_process import InProcessMonitor
from verify.scheduling.life import ALIVE, JOIN
from verify.scheduling.scheduler import (
    Body,
    Served,
    TaskHandle,
    activate,
    active,
    run_to_end,
)
from verify.scheduling.thread_cell import Sleeper, ThreadCell


class ThreadTask:
    """A task carried by an OS thread. `end` is the object that its joiners sleep at."""

    def __init__(self, scheduler: ThreadScheduler, body: Body) -> None:
        self.number = next(scheduler.numbers)
        self.name = body.name
        self.daemon = body.daemon
        self.end = ThreadCell(ALIVE, allocate_lock())
        self._scheduler = scheduler
        self._body = body
        self.thread = threading.Thread(
            target=self._run, name=body.name, daemon=body.daemon or scheduler.disposable
        )

    def _run(self) -> None:
        scheduler = self._scheduler
        scheduler.adopt(self.number)
        activate(scheduler)
        code = 1
        try:
            run_to_end(self._body, partial(scheduler.sleep, 0))
            code = 0
        except BaseException as error:
            if not scheduler.caught(self.name, error):
                raise
        finally:
            scheduler.ended(self, code)


@mypyc_attr(allow_interpreted_subclasses=True)
class ThreadScheduler(InProcessMonitor):
    """Tasks are OS threads of this process; a Process is an OS process that shares no object.

    The threads of a `disposable` scheduler never keep the interpreter from ending.
    """

    sleeper: ClassVar[type[Sleeper]] = Sleeper
    """What parks: the explored monitor (internal.py) has its own, and runs the rest of this."""

    def __init__(self, seed: int | None = None, disposable: bool = False) -> None:
        super().__init__(seed)
        self.disposable = disposable
        self.numbers = itertools.count()
        self.started: list[ThreadTask] = []
        """The tasks that have not ended: a watchdog shows them, a run's end joins them."""
        self._here = threading.local()

    def adopt(self, number: int) -> None:
        """Give the calling thread its task number."""
        self._here.number = number

    def current(self) -> int:
        try:
            number: int = self._here.number
        except AttributeError:
            number = self._here.number = next(self.numbers)
        return number

    def cell(
        self, state: Any, beside: Any = None, shared: bool = True, of: type | None = None
    ) -> ThreadCell:
        guard = allocate_lock() if beside is None else beside.guard
        return ThreadCell(state, guard, self._label(of))

    def live(self) -> dict[int, str]:
        return {task.number: task.name for task in self.started.copy()}

    def enter(self, cell: ThreadCell) -> None:
        cell.enter()

    def leave(self, cell: ThreadCell) -> None:
        cell.leave()

    def park(
        self, operation: Operation, task: int, lane: Lane | None, deadline: float | None
    ) -> bool:
        cell: ThreadCell = operation.cells[0 if lane is None else lane.position]
        sleeper = self.sleeper(task, cell, operation, deadline is not None)
        self._link(sleeper, lane)
        cell.leave()
        try:
            if self.aborted:  # looked at after `_parked` is set: `abort` goes the other way round
                pass
            elif deadline is None:
                sleeper.signal.acquire()
            else:
                sleeper.signal.acquire(timeout=max(0.0, deadline - time.monotonic()))
        except BaseException:
            cell.enter()
            self._disturbed(sleeper, lane)
            raise
        finally:
            del self._parked[task]
        cell.enter()
        return self._woken(sleeper, lane)

    def abort(self) -> None:
        self.aborted = True
        for sleeper in self._parked.copy().values():
            sleeper.release()

    def spawn(self, body: Body) -> TaskHandle:
        if self.aborted:
            raise TaskKilled
        if body.process and not self.disposable:
            refuse_given(body, self)
            return ForkedTask(self, next(self.numbers), body, ThreadScheduler)
        if body.process:
            self.refusal = (
                f"{body.name} is a Process, and objects of the threads scheduler live in one "
                "process alone: run the program with `verify stress --on processes`"
            )
            raise Misuse(self.refusal)
        task = ThreadTask(self, body)
        self.started.append(task)
        try:
            task.thread.start()
        except BaseException:
            self.started.remove(task)
            raise
        return task

    def ended(self, task: ThreadTask, code: int) -> None:
        """Called by a task as the last thing that it does."""
        self.enter(task.end)
        task.end.state = code
        self.wake_lane(task.end, 0, EVERYONE)
        self.leave(task.end)
        self.started.remove(task)  # not before: a joiner that nobody can wake is a deadlock

    def join(self, task: TaskHandle, timeout: float | None = None) -> bool:
        if isinstance(task, ForkedTask):
            return task.join(timeout)
        assert isinstance(task, ThreadTask)
        joined: bool = self.call(JOIN, task.end, task.number, True, timeout)
        if joined:
            task.thread.join()  # what is left of it are the last steps of `ended`
        return joined

    def alive(self, task: TaskHandle) -> bool:
        if isinstance(task, ForkedTask):
            return task.alive()
        assert isinstance(task, ThreadTask)
        return task.end.state is ALIVE

    def exit_code(self, task: TaskHandle) -> int | None:
        return task.exit_code() if isinstance(task, ForkedTask) else None

    def terminate(self, task: TaskHandle, code: int) -> None:
        if not isinstance(task, ForkedTask):
            super().terminate(task, code)
        else:
            task.end_by(-code)

    def manager(self, served: Served) -> Any:
        if self.disposable:
            return super().manager(served)
        from verify.scheduling.loopback_server import LoopbackServer  # few programs need sockets

        return LoopbackServer(served)


_everyday: ThreadScheduler | None = None


def everyday_threads() -> ThreadScheduler:
    """The scheduler of programs that run outside any explorer; one for each process."""
    global _everyday
    if _everyday is None:
        _everyday = ThreadScheduler()
    return _everyday


@contextmanager
def refusing_everyday_objects() -> Iterator[None]:
    """While an exploration runs, refuse objects that a model did not create itself.

    They would keep their state from one execution to the next, so that a schedule no longer
    determines a run, and one that blocked would block the explorer for good.
    """
    scheduler = everyday_threads()

    def refuse() -> None:
        if active() not in (None, scheduler):
            raise Misuse(
                "an object created outside the model was used inside it: its state would leak from "
                "one execution into the next. Create it inside the model function."
            )

    before = scheduler.before_operation
    scheduler.before_operation = refuse
    try:
        yield
    finally:
        scheduler.before_operation = before
