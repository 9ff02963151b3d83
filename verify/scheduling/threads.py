"""OS threads: a guard is a lock, a sleeper waits on a lock of its own, a state is an attribute.

The everyday scheduler (`everyday_threads`) serves programs that run outside any explorer. Threads
that the harness did not start (the main thread, a `threading.Thread`) are tasks too: a number is
given to each at its first operation.
"""

from __future__ import annotations

import itertools
import threading
import time
from _thread import LockType, allocate_lock
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from verify.errors import Misuse, TaskKilled
from verify.operation import Cell, Lane, Operation, States
from verify.scheduling.monitor import Blocked, Monitor
from verify.scheduling.scheduler import Body, TaskHandle, activate, active


class Sleeper:
    """One parked thread: `linked` until somebody wakes it, decided under the guard."""

    __slots__ = ("cell", "linked", "signal", "task")

    def __init__(self, task: int, cell: ThreadCell) -> None:
        self.task = task
        self.cell = cell
        self.linked = True
        self.signal = allocate_lock()
        self.signal.acquire()


class ThreadCell(Cell):
    """A state, the guard it shares with the cells made beside it, and the lanes of its sleepers."""

    __slots__ = ("guard", "lanes", "named", "woken")

    def __init__(self, state: Any, beside: ThreadCell | None) -> None:
        super().__init__(state)
        self.guard: LockType = allocate_lock() if beside is None else beside.guard
        self.lanes: dict[int, deque[Sleeper]] = {}
        self.named: dict[int, Sleeper] = {}
        self.woken = 0


class ThreadTask:
    """A task carried by an OS thread."""

    def __init__(self, scheduler: ThreadScheduler, body: Body) -> None:
        self.number = next(scheduler.numbers)
        self.name = body.name
        self._scheduler = scheduler
        self._body = body
        self.thread = threading.Thread(target=self._run, name=body.name, daemon=body.daemon)

    def _run(self) -> None:
        self._scheduler.adopt(self.number)
        activate(self._scheduler)
        try:
            self._body.run()
        except BaseException as error:
            if not self._scheduler.caught(self.name, error):
                raise
        finally:
            self._scheduler.started.remove(self)


class ThreadScheduler(Monitor):
    """Tasks are OS threads of this process; a Process is an OS process that shares no object."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(seed)
        self.numbers = itertools.count()
        self.started: list[ThreadTask] = []
        """The tasks that have not ended: a watchdog shows them, a run's end joins them."""
        self._here = threading.local()
        self._parked: dict[int, tuple[Operation, Sleeper]] = {}

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
        return ThreadCell(state, beside)

    def enter(self, cell: ThreadCell) -> None:
        cell.guard.acquire()

    def leave(self, cell: ThreadCell) -> None:
        cell.guard.release()

    def load(self, cells: tuple[Any, ...]) -> States:
        if len(cells) == 1:
            return (cells[0].state,)
        return tuple(cell.state for cell in cells)

    def store(self, cells: tuple[Any, ...], before: States, after: States) -> None:
        for cell, state in zip(cells, after, strict=True):
            cell.state = state

    def park(
        self, operation: Operation, task: int, lane: Lane | None, deadline: float | None
    ) -> bool:
        cell: ThreadCell = operation.cells[0 if lane is None else lane.position]
        sleeper = Sleeper(task, cell)
        if lane is None:
            cell.named[task] = sleeper
        else:
            cell.lanes.setdefault(lane.number, deque()).append(sleeper)
        self._parked[task] = (operation, sleeper)
        cell.guard.release()
        try:
            if deadline is None:
                sleeper.signal.acquire()
            else:
                sleeper.signal.acquire(timeout=max(0.0, deadline - time.monotonic()))
        except BaseException:
            cell.guard.acquire()
            if sleeper.linked:
                self._unlink(sleeper, lane)
            elif lane is not None:
                self.wake_lane(cell, lane.number, 1)
            raise
        finally:
            del self._parked[task]
        cell.guard.acquire()
        if not sleeper.linked:
            return True
        self._unlink(sleeper, lane)
        return False

    def _unlink(self, sleeper: Sleeper, lane: Lane | None) -> None:
        if lane is None:
            del sleeper.cell.named[sleeper.task]
        else:
            sleeper.cell.lanes[lane.number].remove(sleeper)

    def wake_lane(self, cell: ThreadCell, lane: int, count: int) -> int:
        sleepers = cell.lanes.get(lane)
        woken = 0
        while sleepers and woken < count:
            sleeper = sleepers.popleft()
            sleeper.linked = False
            sleeper.signal.release()
            woken += 1
        return woken

    def wake_task(self, cell: ThreadCell, task: int) -> int:
        sleeper = cell.named.pop(task, None)
        if sleeper is None:
            return 0
        sleeper.linked = False
        sleeper.signal.release()
        return 1

    def count_wakeups(self, cell: ThreadCell, count: int) -> None:
        cell.woken += count

    def wakeups(self, cell: ThreadCell) -> int:
        return cell.woken

    def blocked(self) -> list[Blocked]:
        names = {task.number: task.name for task in self.started}
        found = []
        for task, (operation, _) in sorted(self._parked.copy().items()):
            owners: tuple[int, ...] = ()
            waits_for = operation.kind.waits_for
            if waits_for is not None:
                owners = waits_for(self.load(operation.cells), task, operation.argument)
            name = names.get(task, "main")
            found.append(Blocked(task, name, operation.kind.name, owners))
        return found

    def abort(self) -> None:
        self.aborted = True
        for _, sleeper in list(self._parked.copy().values()):
            with suppress(RuntimeError):  # woken by somebody else in the meantime
                sleeper.signal.release()

    def spawn(self, body: Body) -> TaskHandle:
        if body.process:
            raise Misuse(
                f"{body.name} is a Process, and objects of the threads scheduler live in one "
                "process alone: run the program with `verify stress --on processes`"
            )
        if self.aborted:
            raise TaskKilled
        task = ThreadTask(self, body)
        self.started.append(task)
        task.thread.start()
        return task

    def join(self, task: TaskHandle, timeout: float | None = None) -> bool:
        assert isinstance(task, ThreadTask)
        task.thread.join(timeout)
        return not task.thread.is_alive()

    def alive(self, task: TaskHandle) -> bool:
        assert isinstance(task, ThreadTask)
        return task.thread.is_alive()

    def exit_code(self, task: TaskHandle) -> int | None:
        return None


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
