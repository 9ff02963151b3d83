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
from contextlib import contextmanager
from typing import Any

from verify.errors import Misuse, TaskKilled
from verify.operation import EVERYONE, Lane, Operation, States
from verify.scheduling.cell import Cell
from verify.scheduling.forked import ForkedTask
from verify.scheduling.life import ALIVE, JOIN
from verify.scheduling.monitor import Blocked, Monitor
from verify.scheduling.scheduler import Body, TaskHandle, activate, active


class Sleeper:
    """One parked thread: `linked` until somebody wakes it, decided under the guard."""

    __slots__ = ("cell", "linked", "operation", "signal", "task", "timed")

    def __init__(self, task: int, cell: ThreadCell, operation: Operation, timed: bool) -> None:
        self.task = task
        self.cell = cell
        self.operation = operation
        self.timed = timed
        self.linked = True
        self.signal = allocate_lock()
        self.signal.acquire()

    def release(self) -> None:
        """Let the thread go on; a second time, when a waker and `abort` meet, does nothing."""
        try:  # noqa: SIM105  (suppress would cost more than the release)
            self.signal.release()
        except RuntimeError:
            pass


class ThreadCell(Cell):
    """A state, the guard it shares with the cells made beside it, and the lanes of its sleepers."""

    __slots__ = ("guard", "label", "lanes", "named", "woken")

    def __init__(self, state: Any, beside: ThreadCell | None = None, label: str = "") -> None:
        super().__init__(state)
        self.label = label
        self.guard: LockType = allocate_lock() if beside is None else beside.guard
        self.lanes: dict[int, deque[Sleeper]] = {}
        self.named: dict[int, Sleeper] = {}
        self.woken = 0


class ThreadTask:
    """A task carried by an OS thread. `end` is the object that its joiners sleep at."""

    def __init__(self, scheduler: ThreadScheduler, body: Body) -> None:
        self.number = next(scheduler.numbers)
        self.name = body.name
        self.daemon = body.daemon
        self.end = ThreadCell(ALIVE)
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
            self._body.run()
            code = 0
        except BaseException as error:
            if not scheduler.caught(self.name, error):
                raise
        finally:
            scheduler.ended(self, code)


class ThreadScheduler(Monitor):
    """Tasks are OS threads of this process; a Process is an OS process that shares no object.

    The threads of a `disposable` scheduler never keep the interpreter from ending.
    """

    sleeper = Sleeper
    """What parks: the explored monitor (internal.py) has its own, and runs the rest of this."""

    def __init__(self, seed: int | None = None, disposable: bool = False) -> None:
        super().__init__(seed)
        self.disposable = disposable
        self.numbers = itertools.count()
        self.started: list[ThreadTask] = []
        """The tasks that have not ended: a watchdog shows them, a run's end joins them."""
        self._here = threading.local()
        self._parked: dict[int, Sleeper] = {}
        self._labels: dict[type, itertools.count[int]] = {}

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
        if of is None:
            return ThreadCell(state, beside)
        index = next(self._labels.setdefault(of, itertools.count(1)))
        return ThreadCell(state, beside, f"{of.__name__} {index}")

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
        sleeper = self.sleeper(task, cell, operation, deadline is not None)
        if lane is None:
            cell.named[task] = sleeper
        else:
            cell.lanes.setdefault(lane.number, deque()).append(sleeper)
        self._parked[task] = sleeper
        cell.guard.release()
        try:
            if self.aborted:  # looked at after `_parked` is set: `abort` goes the other way round
                pass
            elif deadline is None:
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
            sleeper.release()
            woken += 1
        return woken

    def wake_task(self, cell: ThreadCell, task: int) -> int:
        sleeper = cell.named.pop(task, None)
        if sleeper is None:
            return 0
        sleeper.linked = False
        sleeper.release()
        return 1

    def count_wakeups(self, cell: ThreadCell, count: int) -> None:
        cell.woken += count

    def wakeups(self, cell: ThreadCell) -> int:
        return cell.woken

    def blocked(self) -> list[Blocked]:
        names = {task.number: task.name for task in self.started}
        found = []
        for task, sleeper in sorted(self._parked.copy().items()):
            if not sleeper.linked:  # woken, and about to look again
                continue
            operation = sleeper.operation
            owners: tuple[int, ...] = ()
            waits_for = operation.kind.waits_for
            if waits_for is not None:
                owners = waits_for(self.load(operation.cells), task, operation.argument)
            name = names.get(task, "main")
            found.append(
                Blocked(
                    task,
                    name,
                    operation.kind.name,
                    owners,
                    operation.cells[0].label,
                    sleeper.timed,
                )
            )
        return found

    def abort(self) -> None:
        self.aborted = True
        for sleeper in self._parked.copy().values():
            sleeper.release()

    def spawn(self, body: Body) -> TaskHandle:
        if self.aborted:
            raise TaskKilled
        if body.process and not self.disposable:
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
        joined: bool = self.perform(Operation(JOIN, (task.end,), task.number), True, timeout)
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
