"""DBUtils 3.2.0: a connection comes free, and the one who waits for it is not woken.

**Promise.** `PooledDB(blocking=True)` makes a caller wait while there are too many connections,
until their number decreases.

**Bug.** All wait on one condition, for different things: some for a connection of their own, some
for the shared connection to be out of its transaction. A connection that is given back wakes one of
them. If that is one of the others, it goes back to sleep, and takes the wake-up with it.

**What the explorer shows.** A deadlock: one of two connections is free, and the caller who waits
for one is asleep. The one that is in use is not given up before that caller is done.

**Fix.** Wake all of them (`PoolThatWakesAll`): each looks for itself.
"""

from __future__ import annotations

import threading

from dbutils.pooled_db import PooledDB


class Connection:
    """As much of a database as the pool asks for."""

    def begin(self) -> None:
        pass

    def rollback(self) -> None:
        pass

    def close(self) -> None:
        pass


def connect() -> Connection:
    return Connection()


connect.threadsafety = 2  # type: ignore[attr-defined]


class PoolThatWakesAll(PooledDB):  # type: ignore[misc]
    def __init__(self, *arguments: object, **keywords: object) -> None:
        super().__init__(*arguments, **keywords)
        self._lock.notify = self._lock.notify_all


def _freed(kind: type[PooledDB]) -> None:
    pool = kind(connect, maxconnections=2, maxshared=1, blocking=True, failures=OSError)
    shared = pool.connection()
    shared.begin()
    own = pool.dedicated_connection()
    served = threading.Event()

    def share() -> None:
        pool.connection().close()

    def work() -> None:
        pool.dedicated_connection().close()
        served.set()

    waiting = [threading.Thread(target=share), threading.Thread(target=work)]
    for thread in waiting:
        thread.start()
    own.close()
    served.wait()
    shared.close()
    for thread in waiting:
        thread.join()


def freed_connection() -> None:
    _freed(PooledDB)


def freed_connection_told_to_all() -> None:
    _freed(PoolThatWakesAll)
