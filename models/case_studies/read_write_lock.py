"""rwlock 0.0.7: a writer that gives up leaves the readers asleep who waited for it.

**Promise.** Readers share the lock while there is no writer. A writer may ask for it with a
timeout, and readers who come meanwhile wait, so that the writer is not starved.

**Bug.** When the writer's time is up it takes itself off the list, and tells nobody. A reader that
waited because of this writer goes on waiting, though now only another reader has the lock.

**What the explorer shows.** A deadlock: two readers who meet while both read. One is in, the writer
asks, the other is made to wait, and is not woken when the writer has given up.

**Fix.** A writer that gives up wakes those who waited for it (`PatientCore`).
"""

from __future__ import annotations

import threading

from rwlock import RWLock
from rwlock.rwlock import _RWLockCore
from together import together


class PatientCore(_RWLockCore):  # type: ignore[misc]
    def acquire_write(self, timeout: float | None = None) -> bool:
        acquired: bool = super().acquire_write(timeout)
        if not acquired:
            with self.cond:
                self.cond.notify_all()
        return acquired


class PatientLock(RWLock):  # type: ignore[misc]
    core = PatientCore


def _readers_meet(lock: RWLock) -> None:
    both_read = threading.Barrier(2)

    def read() -> None:
        with lock.reader_lock:
            both_read.wait()

    def write() -> None:
        if lock.writer_lock.acquire(timeout=0.001):
            lock.writer_lock.release()

    together(read, read, write)


def writer_gives_up() -> None:
    _readers_meet(RWLock())


def writer_gives_up_and_says_so() -> None:
    _readers_meet(PatientLock())
