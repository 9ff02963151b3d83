"""Mistakes in what is built on locks: an RLock, a Condition."""

from __future__ import annotations

from models.constructions import condition_on_locks, rlock_on_lock
from models.constructions.condition_on_locks import Condition
from models.constructions.rlock_on_lock import RLock
from tests.constructions.fault import Fault, held
from verify.sync.lock import Lock

# ---------------------------------------------------------------------- RLock on a Lock


class OnALock(Fault):
    as_a = "RLock"


class ReleasedByANonOwner(OnALock, RLock):
    """Asks whether the lock is held, not by whom."""

    tasks = (("acquire",), ("release",))

    def release(self) -> None:
        if self.depth.value == 0:
            raise RuntimeError("cannot release un-acquired lock")
        self.depth.value -= 1
        if self.depth.value == 0:
            self._leave()


class NameBeforeTheLock(OnALock, rlock_on_lock.NameBeforeTheLock):
    """Who waits for the lock writes its name over the owner's."""

    tasks = (("acquire", "release"), ("acquire",))


class NameWipedOutTooLate(OnALock, rlock_on_lock.NameWipedOutTooLate):
    """Wipes out whatever name stands there when the lock is free already."""

    tasks = (("acquire", "release"), ("acquire", "release"))


class LooksAndThenTakes(OnALock, RLock):
    """A try finds the lock free, and takes it in a second step: it may have to wait there."""

    tasks = (("try",), ("try",))

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if not blocking and not self._is_owned() and self.block.locked():
            return False
        return super().acquire(timeout=timeout)


# ---------------------------------------------------------------------- Condition on locks


class OnLocks(Fault):
    as_a = "Condition"


class InTwoHalves(OnLocks, Condition):
    """A right one, whose wait can be broken where it falls asleep and where it wakes."""

    def wait(self, timeout: float | None = None) -> bool:
        if not self.lock._is_owned():
            raise RuntimeError("cannot wait on un-acquired lock")
        waiter = Lock()
        waiter.acquire()
        depth = self.stand_in_line(waiter)
        woken = waiter.acquire(timeout=-1 if timeout is None else timeout)
        self.take_back(depth, woken)
        return woken or self._notified_meanwhile(waiter)

    def stand_in_line(self, waiter: Lock) -> int:
        self.waiters.value += (waiter,)
        return self.lock._release_save()

    def take_back(self, depth: int, woken: bool) -> None:
        self.lock._acquire_restore(depth)


class InLineTooLate(InTwoHalves):
    """Lets the lock go and then stands in line: a notify between the two finds nobody."""

    tasks = held("wait", "notify")

    def stand_in_line(self, waiter: Lock) -> int:
        depth = self.lock._release_save()
        self.waiters.value += (waiter,)
        return depth


class LockNotTakenBack(InTwoHalves):
    """Who was notified goes on without the lock."""

    tasks = held("wait", "notify")

    def take_back(self, depth: int, woken: bool) -> None:
        if not woken:
            self.lock._acquire_restore(depth)


class DepthNotRestored(InTwoHalves):
    """Who comes back from a wait holds the lock once, however often it had taken it."""

    tasks = (
        ("acquire", "acquire", "wait", "release", "release"),
        ("acquire", "notify", "release"),
    )

    def take_back(self, depth: int, woken: bool) -> None:
        self.lock._acquire_restore(1)


class NotifyWakesOneTooMany(OnLocks, Condition):
    """One more than it was asked to."""

    tasks = held("wait", "wait", "notify")

    def notify(self, n: int = 1) -> None:
        super().notify(n + 1)


class NotifyAllWakesOne(OnLocks, Condition):
    """The first in line, whoever else there is."""

    tasks = held("wait", "wait", "notify all")

    def notify_all(self) -> None:
        self.notify()


class NotifyLeavesThemInLine(OnLocks, Condition):
    """Wakes the first and leaves it there: the next notify goes to it again."""

    tasks = (*held("wait", "wait"), ("acquire", "notify", "notify", "release"))

    def notify(self, n: int = 1) -> None:
        if not self.lock._is_owned():
            raise RuntimeError("cannot notify on un-acquired lock")
        for waiter in self.waiters.value[:n]:
            if waiter.locked():
                waiter.release()


class WaitReturnsTrueOnTimeOut(OnLocks, Condition):
    """A wait whose time ran out claims to have been notified."""

    tasks = held("timed wait")

    def _notified_meanwhile(self, waiter: Lock) -> bool:
        super()._notified_meanwhile(waiter)
        return True


class TimedOutAndLeftInLine(OnLocks, Condition):
    """Who gives up stays in line, and the notify for the next one is spent on it."""

    tasks = held("timed wait", "wait", "notify")

    def _notified_meanwhile(self, waiter: Lock) -> bool:
        return waiter not in self.waiters.value


class TimedOutAndNotified(OnLocks, condition_on_locks.AsInTheInterpreter):
    """A notify that comes when the time has run out, and the lock is not back, is lost."""

    tasks = held("timed wait", "wait", "notify")


class ProbedLock:
    """A Lock that finds out whether it is held by trying, as the interpreter's Condition does."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.acquire = self.lock.acquire
        self.release = self.lock.release

    def _is_owned(self) -> bool:
        if self.lock.acquire(False):
            self.lock.release()
            return False
        return True

    def _release_save(self) -> int:
        self.lock.release()
        return 1

    def _acquire_restore(self, depth: int) -> None:
        self.lock.acquire()


class NotifiedByANonOwner(OnLocks, Condition):
    """On a Lock, which somebody holds: whoever it is passes for the owner."""

    as_a = "Condition of a Lock"
    tasks = (("acquire",), ("notify",))

    def __init__(self) -> None:
        super().__init__(ProbedLock())


ON_LOCKS: list[type[Fault]] = [
    kind for kind in vars().copy().values() if isinstance(kind, type) and "tasks" in vars(kind)
]
"""What has a program of its own that shows it."""
