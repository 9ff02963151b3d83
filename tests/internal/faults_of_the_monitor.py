"""Mistakes in the monitor: in how it looks, parks, links, wakes and gives up.

Those that touch something without its guard are found at the first such touch, the others by what
comes of them.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from tests.internal.menus import MENUS, WITH_CONDITION, Menu
from tests.internal.mistakes import Faulty
from verify.operation import Lane, Operation, States

MENU = {menu.name: menu for menu in (*MENUS, WITH_CONDITION)}
LOCK: Menu = MENU["Lock"]
SEMAPHORE: Menu = MENU["Semaphore"]
EVENT: Menu = MENU["Event"]

LOST = "a wake-up was lost"
NOT_LINEARIZABLE = "not linearizable"
UNGUARDED = "was touched without it"


class IfForWhile(Faulty):
    """Who is woken does not look again: somebody else may have come first."""

    menu, tasks = LOCK, (("acquire", "release"), ("acquire",), ("acquire",))
    told = NOT_LINEARIZABLE

    def carry(self, operation: Operation, blocking: bool, timeout: float | None) -> Any:
        task = self.current()
        self.enter(operation.cells[0])
        try:
            states, ready = self.look(operation, task)
            if not ready and (
                not blocking or not self.fall_asleep(operation, states, task, timeout)
            ):
                return self.give_up(operation, self.load(operation.cells), task)
            return self.do(operation, self.load(operation.cells), task)
        finally:
            self.leave(operation.cells[0])


class TestAndSetInTwo(Faulty):
    """The guard is let go between looking and doing."""

    __test__ = False  # no test, whatever pytest thinks of the name
    menu, tasks, told = LOCK, (("try",), ("try",)), NOT_LINEARIZABLE

    def carry(self, operation: Operation, blocking: bool, timeout: float | None) -> Any:
        task, guard = self.current(), operation.cells[0]
        self.enter(guard)
        states, ready = self.look(operation, task)
        self.leave(guard)
        if not ready:
            return super().carry(operation, blocking, timeout)
        self.enter(guard)
        try:
            return self.do(operation, states, task)
        finally:
            self.leave(guard)


class ActsOnWhatItSawBeforeItSlept(Faulty):
    """The states are not loaded again after a sleep, only looked at."""

    menu = SEMAPHORE
    tasks, told = (("acquire", "acquire", "try"), ("release 2",)), NOT_LINEARIZABLE

    def carry(self, operation: Operation, blocking: bool, timeout: float | None) -> Any:
        task = self.current()
        self.enter(operation.cells[0])
        try:
            states, ready = self.look(operation, task)
            while not ready:
                if not blocking or not self.fall_asleep(operation, states, task, timeout):
                    return self.give_up(operation, states, task)
                _, ready = self.look(operation, task)
            return self.do(operation, states, task)
        finally:
            self.leave(operation.cells[0])


class EnqueuesAfterTheGuardIsLeft(Faulty):
    """Between looking and standing in line somebody may wake the whole line."""

    menu, tasks, told = EVENT, (("wait",), ("set",)), LOST

    def park(
        self, operation: Operation, task: int, lane: Lane | None, deadline: float | None
    ) -> bool:
        self.leave(operation.cells[0])
        self.enter(operation.cells[0])
        return super().park(operation, task, lane, deadline)


class LinksWithoutTheGuard(Faulty):
    """The same, only that not even the line is guarded."""

    menu, tasks = LOCK, (("acquire", "release"), ("acquire",))
    told = UNGUARDED

    def park(
        self, operation: Operation, task: int, lane: Lane | None, deadline: float | None
    ) -> bool:
        cell = operation.cells[0]
        sleeper = self.sleeper(task, cell, operation, deadline is not None)
        self.leave(cell)
        cell.lanes.setdefault(0, deque()).append(sleeper)
        sleeper.signal.acquire()
        self.enter(cell)
        return True


class DoesNotTakeTheGuardBack(Faulty):
    """Who has slept goes on without the guard."""

    menu, tasks, told = LOCK, (("acquire", "release"), ("acquire",)), UNGUARDED

    def park(
        self, operation: Operation, task: int, lane: Lane | None, deadline: float | None
    ) -> bool:
        woken = super().park(operation, task, lane, deadline)
        self.leave(operation.cells[0])
        return woken


class LeavesATimedOutWaiterInLine(Faulty):
    """Later a wake-up goes to who is no longer there."""

    menu, tasks = LOCK, (("acquire", "release"), ("timed",), ("acquire",))
    told = LOST

    def _unlink(self, sleeper: Any, lane: Lane | None) -> None:
        pass


class ATimeOutDropsTheWakeUp(Faulty):
    """Time runs out just as somebody wakes it: it gives up without a look, nobody else is woken."""

    menu, tasks = LOCK, (("acquire", "release"), ("timed",), ("acquire",))
    told = LOST

    def carry(self, operation: Operation, blocking: bool, timeout: float | None) -> Any:
        task, guard = self.current(), operation.cells[0]
        self.enter(guard)
        try:
            states, ready = self.look(operation, task)
            while not ready:
                if not blocking:
                    return self.give_up(operation, states, task)
                self.fall_asleep(operation, states, task, timeout)
                if self.ran_out:
                    return self.give_up(operation, self.load(operation.cells), task)
                states, ready = self.look(operation, task)
            return self.do(operation, states, task)
        finally:
            self.leave(guard)

    ran_out = False

    def park(
        self, operation: Operation, task: int, lane: Lane | None, deadline: float | None
    ) -> bool:
        super().park(operation, task, lane, deadline)
        last = next(e for e in reversed(self.engine.execution.events) if e.kind.name == "park")
        self.ran_out = last.gave_up
        return not self.ran_out


class StoresAfterTheGuardIsLeft(Faulty):
    """What a step has made of the states is written when the guard is let go already."""

    menu, tasks, told = LOCK, (("try",), ("try",)), UNGUARDED

    def carry(self, operation: Operation, blocking: bool, timeout: float | None) -> Any:
        task, guard = self.current(), operation.cells[0]
        self.enter(guard)
        states, ready = self.look(operation, task)
        self.leave(guard)
        if not ready:
            return super().carry(operation, blocking, timeout)
        return self.do(operation, states, task)


class WakesTheSameOneTwice(Faulty):
    """Who is woken stays in line, and takes the next wake-up as well."""

    menu, tasks = SEMAPHORE, (("acquire", "acquire"), ("acquire",), ("release 2",))
    told = LOST

    def wake_lane(self, cell: Any, lane: int, count: int) -> int:
        sleepers = cell.lanes.get(lane)
        for _ in range(count if sleepers else 0):
            sleepers[0].linked = False
            sleepers[0].release()
        if sleepers:
            sleepers.popleft()
        return 1


class ReadsWithoutTheGuard(Faulty):
    """What is only read is neither guarded nor glimpsed: nobody would try it in another order."""

    menu, tasks, told = LOCK, (("locked",), ("acquire",)), UNGUARDED

    def carry(self, operation: Operation, blocking: bool, timeout: float | None) -> Any:
        if operation.kind.name != "locked":
            return super().carry(operation, blocking, timeout)
        self.enter(operation.cells[0])
        self.leave(operation.cells[0])
        states: States = self.load(operation.cells)
        return operation.kind.step(states, self.current(), operation.argument)[0]


class DoesWhatItOnlyGlimpsed(Faulty):
    """A wait that finds the flag down goes to sleep, and does not enqueue for that."""

    menu, tasks, told = EVENT, (("wait",), ("set",)), NOT_LINEARIZABLE

    def carry(self, operation: Operation, blocking: bool, timeout: float | None) -> Any:
        kind, cells, argument = operation.kind, operation.cells, operation.argument
        if not kind.glances:
            return super().carry(operation, blocking, timeout)
        return kind.step(self.glimpse(cells), self.current(), argument)[0]


class GlimpsesWhatItSawBefore(Faulty):
    """What a task has seen once is what it sees again, though it has set the flag meanwhile."""

    menu, tasks, told = EVENT, (("is_set", "set", "is_set"), ("clear",)), NOT_LINEARIZABLE

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._seen: dict[int, States] = {}

    def glimpse(self, cells: tuple[Any, ...]) -> States:
        return self._seen.setdefault(self.current(), super().glimpse(cells))


MONITOR = [
    fault
    for fault in vars().copy().values()
    if isinstance(fault, type) and Faulty in fault.__bases__
]


class NeverLeavesAfterAnError(Faulty):
    """The guard stays taken when a step raises."""

    menu, tasks, told = LOCK, (("release",), ("acquire",)), "was never left"

    def carry(self, operation: Operation, blocking: bool, timeout: float | None) -> Any:
        task, guard = self.current(), operation.cells[0]
        self.enter(guard)
        states, ready = self.look(operation, task)
        if not ready:
            self.leave(guard)
            return super().carry(operation, blocking, timeout)
        result = self.do(operation, states, task)
        self.leave(guard)
        return result
