"""Mistakes in the steps of primitives and in whom they wake.

Each puts another kind of operation in the place of one. What the call should do is told by the
right one.
"""

from __future__ import annotations

from typing import Any

from tests.internal.faults_of_the_monitor import LOST, MENU, NOT_LINEARIZABLE
from tests.internal.menus import WITH_CONDITION
from tests.internal.mistakes import Faulty, altered
from verify.operation import EVERYONE, FIRST_LANE, NOBODY, Lane, Operation, Outcome, States, Wake
from verify.sync import barrier, condition, descriptor, flag, lock, rlock, semaphore, stock

UNHEARD_OF = Lane(0, 9)


def _wake_first(before: States, after: States, argument: Any) -> Wake:
    return Wake(FIRST_LANE, 1, ())


class ReleaseForgetsToUnpark(Faulty):
    """A lock that is free again wakes nobody."""

    menu, tasks, told = MENU["Lock"], (("acquire", "release"), ("acquire",)), LOST
    instead = altered(lock.RELEASE, wakes=None)


class TwoPermitsWakeOne(Faulty):
    """However many permits are given back, one sleeper is woken."""

    menu, tasks = MENU["Semaphore"], (("acquire", "acquire"), ("acquire",), ("release 2",))
    told = LOST
    instead = altered(semaphore.RELEASE, wakes=_wake_first)


class ReleasedByANonOwner(Faulty):
    """An RLock lets go of whoever holds it."""

    @staticmethod
    def _let_go(states: States, task: int, argument: Any) -> Outcome:
        if states[0] is None:
            raise RuntimeError("cannot release un-acquired lock")
        owner, depth = states[0]
        return None, ((owner, depth - 1) if depth > 1 else None,)

    menu, tasks, told = MENU["RLock"], (("acquire",), ("release",)), NOT_LINEARIZABLE
    instead = altered(rlock.RELEASE, step=_let_go)


class DepthNotRestoredOverWait(Faulty):
    """Who comes back from a wait holds the lock once, however often it had taken it."""

    @staticmethod
    def _take_back(states: States, task: int, depth: Any) -> Outcome:
        result, after = condition.WAKE.step(states, task, 1)
        return result, after

    menu = MENU["Condition"]
    tasks = (
        ("acquire", "acquire", "wait", "release", "release"),
        ("acquire", "notify", "release"),
    )
    told = NOT_LINEARIZABLE
    instead = altered(condition.WAKE, step=_take_back)


class LockNotTakenBack(Faulty):
    """Who was notified goes on without the lock."""

    @staticmethod
    def _take_back(states: States, task: int, depth: Any) -> Outcome:
        result, (waiters, _) = condition.WAKE.step(states, task, depth)
        return result, (waiters, states[1])

    menu, tasks, told = WITH_CONDITION, (("wait",), ("notify",)), NOT_LINEARIZABLE
    instead = altered(condition.WAKE, step=_take_back)


class EnqueuesAfterTheLockIsReleased(Faulty):
    """A wait lets the lock go first and stands in line then: a notify between the two is lost."""

    menu, tasks, told = WITH_CONDITION, (("wait",), ("notify",)), NOT_LINEARIZABLE

    @staticmethod
    def _only_let_go(states: States, task: int, argument: Any) -> Outcome:
        result, (_, held) = condition.WAIT.step(states, task, argument)
        return result, (states[0], held)

    @staticmethod
    def _only_enqueue(states: States, task: int, depth: Any) -> Outcome:
        waiting, notified = states[0]
        return depth, (condition.Waiters((*waiting, task), notified), states[1])

    _LET_GO = altered(condition.WAIT, step=_only_let_go).wrong
    _ENQUEUE = altered(condition.WAIT, step=_only_enqueue, wakes=None).wrong

    def carry(self, operation: Operation, blocking: bool, timeout: float | None) -> Any:
        if operation.kind is not condition.WAIT:
            return super().carry(operation, blocking, timeout)
        cells = operation.cells
        depth = super().carry(Operation(self._LET_GO, cells), True, None)
        return super().carry(Operation(self._ENQUEUE, cells, depth), True, None)


class NotifyWakesOneTooMany(Faulty):
    """One more than it was asked to."""

    @staticmethod
    def _notify(states: States, task: int, count: Any) -> Outcome:
        return condition.NOTIFY.step(states, task, count + 1)

    @staticmethod
    def _wake_more(before: States, after: States, count: Any) -> Wake:
        return condition.NOTIFY.wakes(before, after, count + 1)

    menu, tasks = WITH_CONDITION, (("wait",), ("wait",), ("notify",))
    told = NOT_LINEARIZABLE
    instead = altered(condition.NOTIFY, step=_notify, wakes=_wake_more)


class NotifyAllWakesOne(Faulty):
    """The first of those that it has notified is woken, the others sleep on."""

    @staticmethod
    def _wake_one(before: States, after: States, count: Any) -> Wake:
        woken = before[0].waiting[:1]
        return Wake(None, 0, woken) if woken else NOBODY

    menu, tasks, told = WITH_CONDITION, (("wait",), ("wait",), ("notify all",)), LOST
    instead = altered(condition.NOTIFY_ALL, wakes=_wake_one)


class WaitReturnsTrueOnTimeOut(Faulty):
    """A wait whose time ran out claims to have been notified."""

    @staticmethod
    def _leave_line(states: States, task: int, depth: Any) -> Outcome:
        _, after = condition.WAKE.give_up(states, task, depth)
        return True, after

    menu, tasks, told = WITH_CONDITION, (("timed wait",), ("notify",)), NOT_LINEARIZABLE
    instead = altered(condition.WAKE, give_up=_leave_line)


class AnotherNotifyIsStolen(Faulty):
    """Who was notified may still time out, and nobody gets the notify that it had."""

    @staticmethod
    def _forget(states: States, task: int, depth: Any) -> Outcome:
        waiters, held = states
        waiting = tuple(other for other in waiters.waiting if other != task)
        notified = tuple(other for other in waiters.notified if other != task)
        return False, (condition.Waiters(waiting, notified), held)

    menu, tasks, told = WITH_CONDITION, (("timed wait",), ("notify",)), NOT_LINEARIZABLE
    instead = altered(
        condition.WAKE, give_up=_forget, may_give_up=lambda states, task, argument: True
    )


class ClearTakesTheWakeUpBack(Faulty):
    """A `clear` right after a `set` puts those to sleep again who had not left yet."""

    @staticmethod
    def _lower(states: States, task: int, argument: Any) -> Outcome:
        up = states[0]
        return None, (flag.Flag(False, up.released + up.waiting, ()),)

    menu, tasks = MENU["Event"], (("wait",), ("set", "clear"))
    told = NOT_LINEARIZABLE
    instead = altered(flag.CLEAR, step=_lower)


class SetWakesTheFirst(Faulty):
    """A `set` releases everybody and wakes one."""

    @staticmethod
    def _wake_first(before: States, after: States, argument: Any) -> Wake:
        woken = before[0].waiting[:1]
        return Wake(None, 0, woken) if woken else NOBODY

    menu, tasks, told = MENU["Event"], (("wait",), ("wait",), ("set",)), LOST
    instead = altered(flag.SET, wakes=_wake_first)


class BarrierWakesOneOfItsTasks(Faulty):
    """The last to arrive wakes the first, and nobody else."""

    @staticmethod
    def _wake_first(before: States, after: States, argument: Any) -> Wake:
        lane, number, tasks = barrier.ARRIVE.wakes(before, after, argument)
        return Wake(lane, number, tasks[:1])

    menu, tasks, told = MENU["Barrier of 3"], (("wait",), ("wait",), ("wait",)), LOST
    instead = altered(barrier.ARRIVE, wakes=_wake_first)


class ATimeOutLeavesTheBarrierWhole(Faulty):
    """Who gives up goes away, and the others wait for it."""

    @staticmethod
    def _go_away(states: States, task: int, argument: Any) -> Outcome:
        gate = states[0]
        arrived = tuple(other for other in gate.arrived if other != task)
        return False, (gate._replace(arrived=arrived),)

    menu, tasks = MENU["Barrier of 3"], (("timed wait",), ("wait",))
    told = NOT_LINEARIZABLE
    instead = altered(barrier.LEAVE, give_up=_go_away)


class PutWakesAPutter(Faulty):
    """An item wakes one who would put another, not one who would take it."""

    @staticmethod
    def _wake_putter(before: States, after: States, argument: Any) -> Wake:
        return Wake(stock.PUTTERS, 1, ())

    menu, tasks, told = MENU["Queue"], (("get",), ("put",)), LOST
    instead = altered(stock.PUT, wakes=_wake_putter)


class GetForgetsThePutters(Faulty):
    """Room in a queue wakes nobody."""

    menu, tasks, told = MENU["Queue"], (("put", "put"), ("get",)), LOST
    instead = altered(stock.GET, wakes=None)


class TheLastTaskDoneWakesOneJoiner(Faulty):
    """Of those who wait until all is done, one is told."""

    @staticmethod
    def _wake_joiner(before: States, after: States, argument: Any) -> Wake:
        return NOBODY if after[0].unfinished else Wake(stock.JOINERS, 1, ())

    menu = MENU["Queue to be joined"]
    tasks, told = (("put", "task_done"), ("join",), ("join",)), LOST
    instead = altered(stock.TASK_DONE, wakes=_wake_joiner)


class ShutdownForgetsThePutters(Faulty):
    """A shutdown wakes those who want to take, and nobody who wants to put."""

    @staticmethod
    def _wake_takers(before: States, after: States, argument: Any) -> Wake:
        return Wake(stock.TAKERS, EVERYONE, ())

    menu, tasks = MENU["Queue to be shut down"], (("put", "put"), ("shutdown",))
    told = LOST
    instead = altered(stock.SHUTDOWN, wakes=_wake_takers)


class DeliveryWakesWhoComesNext(Faulty):
    """A delivery to all is told to a line in which nobody stands."""

    @staticmethod
    def _wake_others(before: States, after: States, argument: Any) -> Wake:
        return Wake(UNHEARD_OF, EVERYONE, ())

    menu, tasks, told = MENU["Descriptor, wake all"], (("wait",), ("deliver",)), LOST
    instead = altered(descriptor.DELIVER["all"], wakes=_wake_others)


STEPS = [
    fault
    for fault in vars().copy().values()
    if isinstance(fault, type) and Faulty in fault.__bases__
]
