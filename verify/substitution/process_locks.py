"""Process locks: `multiprocessing`'s Lock, RLock, Semaphore, BoundedSemaphore, Condition.

They are the harness's, called as `multiprocessing` has it: `acquire(block, timeout)`, where a
negative time-out does not wait, and ValueError for a release too many. Event and Barrier are called
alike everywhere.
"""

from __future__ import annotations

from typing import Any

from verify.sync import condition, lock, rlock, semaphore
from verify.sync.primitive import Primitive
from verify.sync.rlock import RLock as _RLock

_TOO_OFTEN = "semaphore or lock released too many times"


def waits(block: object, timeout: float | None) -> tuple[bool, float | None]:
    """How a call waits."""
    if not block:
        return False, None
    return True, None if timeout is None else max(0.0, timeout)


class Lock(lock.Lock):
    """`multiprocessing.Lock`."""

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Take the lock; False if it is held and this call does not wait (long enough)."""
        taken: bool = self._perform(lock.ACQUIRE, None, *waits(block, timeout))
        return taken

    def release(self) -> None:
        """Free the lock; any task may. ValueError if nobody holds it."""
        try:
            super().release()
        except RuntimeError:
            raise ValueError(_TOO_OFTEN) from None


class RLock(_RLock):
    """`multiprocessing.RLock`."""

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Take the lock once more; False if another holds it and this call does not wait."""
        taken: bool = self._perform(rlock.ACQUIRE, None, *waits(block, timeout))
        return taken

    def release(self) -> None:
        """Let go once. AssertionError unless the calling task holds it."""
        try:
            super().release()
        except RuntimeError:
            raise AssertionError("attempt to release recursive lock not owned by thread") from None


class Semaphore(semaphore.Semaphore):
    """`multiprocessing.Semaphore`."""

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Take a permit; False if there is none and this call does not wait (long enough)."""
        return _take(self, block, timeout)


class BoundedSemaphore(semaphore.BoundedSemaphore):
    """`multiprocessing.BoundedSemaphore`."""

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Take a permit; False if there is none and this call does not wait (long enough)."""
        return _take(self, block, timeout)


def _take(of: Primitive, block: object, timeout: float | None) -> bool:
    taken: bool = of._perform(semaphore.ACQUIRE, None, *waits(block, timeout))
    return taken


class Condition(condition.Condition):
    """`multiprocessing.Condition`."""

    def __init__(self, lock: Any = None) -> None:
        super().__init__(RLock() if lock is None else lock)
