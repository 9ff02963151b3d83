"""Condition: a line of waiters beside a lock. Signatures of `threading.Condition`.

The state is two lines of tasks: those who *wait*, first come first, and those *notified* who have
not yet taken the lock back. A `wait` is a chain of operations:

    wait     enqueue, let the lock go whole                     writes condition and lock
    wake     once notified and the lock free, take it back      writes the lock
             (a timed wait may instead give up while enqueued)  writes the condition
    retake   after giving up: take the lock back                writes the lock

A condition stands under its lock's guard, so enqueuing and letting go are one step for everybody.
Only `notify` and the waiter itself touch a waiter's place in the two lines, and being notified is
an order between the two events, so `wake` needs no access to the condition.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple

from verify.errors import OwnerDied
from verify.operation import NOBODY, Access, Kind, Lane, Outcome, States, Wake
from verify.sync.lock import Lock
from verify.sync.ownership import Held, lane_of_lock, owned
from verify.sync.primitive import Sleeping, has_lost, in_line
from verify.sync.rlock import RLock
from verify.sync.sleepers import without


class Waiters(NamedTuple):
    """Who waits, and who was notified and is on the way back, each in order of arrival."""

    waiting: tuple[int, ...]
    notified: tuple[int, ...]


def _enqueue(states: States, task: int, argument: Any) -> Outcome:
    waiters: Waiters = states[0]
    held: Held | None = states[1]
    if held is None or held[0] != task:
        raise RuntimeError("cannot wait on un-acquired lock")
    return held[1], (Waiters((*waiters.waiting, task), waiters.notified), None)


def _wake_lock(before: States, after: States, argument: Any) -> Wake:
    return Wake(Lane(1, 0), 1, ())


def _notified_and_free(states: States, task: int, depth: Any) -> bool:
    return states[1] is None and task in states[0].notified


def _take_back(states: States, task: int, depth: Any) -> Outcome:
    waiters: Waiters = states[0]
    return True, (Waiters(waiters.waiting, without(waiters.notified, task)), (task, depth))


def _still_waiting(states: States, task: int, depth: Any) -> bool:
    return task in states[0].waiting


def _leave_line(states: States, task: int, depth: Any) -> Outcome:
    waiters: Waiters = states[0]
    return False, (Waiters(without(waiters.waiting, task), waiters.notified), states[1])


def _lane_of_waiter(states: States, task: int) -> Lane | None:
    """Nowhere while it waits (it is woken by name), among the lock's takers once notified."""
    return Lane(1, 0) if task in states[0].notified else None


def _owner_once_notified(states: States, task: int, depth: Any) -> tuple[int, ...]:
    held: Held | None = states[1]
    return (held[0],) if held is not None and task in states[0].notified else ()


def _forget(states: States, task: int, argument: Any) -> Outcome:
    """Leave both lines after an interrupt; whether the lock had been taken back already."""
    waiters: Waiters = states[0]
    return owned(states[1], task), (
        Waiters(without(waiters.waiting, task), without(waiters.notified, task)),
        states[1],
    )


def _lock_free(states: States, task: int, depth: Any) -> bool:
    return states[1] is None


def _retake(states: States, task: int, depth: Any) -> Outcome:
    return True, (states[0], (task, depth))


def _lock_owner(states: States, task: int, depth: Any) -> tuple[int, ...]:
    held: Held | None = states[1]
    return () if held is None else (held[0],)


def _notify(states: States, task: int, count: Any) -> Outcome:
    waiters: Waiters = states[0]
    held: Held | None = states[1]
    if held is None or held[0] != task:
        raise RuntimeError("cannot notify on un-acquired lock")
    if not waiters.waiting:
        return (), states
    woken = waiters.waiting[:count]
    return woken, (Waiters(waiters.waiting[count:], waiters.notified + woken), states[1])


def _wake_notified(before: States, after: States, count: Any) -> Wake:
    woken = before[0].waiting[:count]
    return Wake(None, 0, woken) if woken else NOBODY


_ON_LOCK = (Access.NOTHING, Access.WRITE)
_OWNED = (Access.WRITE, Access.READ)

WAIT = Kind("wait", _enqueue, footprint=(Access.WRITE, Access.WRITE), wakes=_wake_lock)
WAKE = Kind(
    "wake",
    _take_back,
    ready=_notified_and_free,
    give_up=_leave_line,
    may_give_up=_still_waiting,
    footprint=_ON_LOCK,
    queue=_lane_of_waiter,
    waits_for=_owner_once_notified,
)
RETAKE = Kind(
    "retake",
    _retake,
    ready=_lock_free,
    footprint=_ON_LOCK,
    queue=lane_of_lock,
    waits_for=_lock_owner,
)
# Only the owner may notify: it looks at the lock, which, if plain, another task might release.
NOTIFY = Kind("notify", _notify, footprint=_OWNED, wakes=_wake_notified)
NOTIFY_ALL = Kind("notify_all", _notify, footprint=_OWNED, wakes=_wake_notified)
FORGET = Kind("forget", _forget, footprint=_OWNED)

EVERY_WAITER = 1 << 30


class Condition(Sleeping):
    """A condition variable over a Lock or an RLock (a new RLock unless one is given)."""

    def __init__(self, lock: Lock | RLock | None = None, *, shared: bool = True) -> None:
        if lock is None:
            lock = RLock(shared=shared)
        super().__init__(Waiters((), ()), shared=shared, beside=lock)
        self._lock = lock
        self.acquire = lock.acquire
        self.release = lock.release

    def _both(self, kind: Kind, argument: Any = None, timeout: float | None = None) -> Any:
        beside = self._lock._cell
        return self._scheduler.call(kind, self._cell, argument, True, timeout, beside)

    def wait(self, timeout: float | None = None) -> bool:
        """Let the lock go, sleep until notified, take it back; False if the time ran out first.

        RuntimeError if the calling task does not hold the lock. An exception that breaks into the
        sleep (Ctrl-C) still finds the lock held again, as `with` needs it. OwnerDied if a process
        died that held the lock meanwhile; then it is not held, and a `with` leaves it alone.
        """
        depth = self._both(WAIT)
        try:
            return self._sleep_and_retake(depth, timeout)
        except OwnerDied as error:
            error.lost = self._lock
            raise

    def _sleep_and_retake(self, depth: Any, timeout: float | None) -> bool:
        try:
            if self._both(WAKE, depth, timeout):
                return True
        except KeyboardInterrupt:
            if not self._both(FORGET):
                self._both(RETAKE, depth)
            raise
        self._both(RETAKE, depth)
        return False

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """Wait until the predicate holds; its last value, false only if the time ran out."""
        end: float | None = None
        result = predicate()
        while not result:
            remaining = None
            if timeout is not None:
                now = self._scheduler.now()
                end = now + timeout if end is None else end
                remaining = end - now
                if remaining <= 0:
                    break
            waited = self.wait(remaining)
            result = predicate()
            if not waited:
                break
        return result

    def notify(self, n: int = 1) -> None:
        """Wake the n that have waited longest; lost if nobody waits. RuntimeError unless held."""
        self._scheduler.call(NOTIFY, self._cell, n if n > 0 else 0, True, None, self._lock._cell)

    def notify_all(self) -> None:
        """Wake all that wait. RuntimeError unless the calling task holds the lock."""
        self._both(NOTIFY_ALL, EVERY_WAITER)

    def __enter__(self) -> bool:
        return self._lock.__enter__()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc is None or not has_lost(exc, self._lock):
            self._lock.release()

    def __repr__(self) -> str:
        return f"<{self._called()}({self._lock!r}, {len(self._glance().waiting)})>"

    @staticmethod
    def show(state: Waiters, name: Callable[[int], str]) -> str:
        """Who waits, and who was notified and has not got the lock back."""
        shown = in_line("waiting", state.waiting, name) + in_line("notified", state.notified, name)
        return shown.removeprefix(", ") or "nobody waits"
