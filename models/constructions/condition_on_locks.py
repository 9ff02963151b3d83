"""A condition, built on locks: each waiter sleeps at a lock of its own, and they stand in line.

A waiter makes a lock, takes it, stands in line with it, lets the condition's lock go, and takes its
own lock *again*: there it sleeps, until a `notify` takes it out of the line and releases it. All
that happens to the line happens under the condition's lock, so standing in line and letting go are
one step for everybody who may notify. The other way round a notify comes in between: it is lost.

The time that a wait may take is the hard part. It runs out before the waiter has the condition's
lock back, so a notify may still find it in the line and be spent on it. What it must say then is
not that nobody came: it has been notified. The interpreter's own Condition says False there, and
whoever stands behind it in the line sleeps on, although a notify was sent after it had gone to
sleep.

Only threads can run this: the locks in the line go from task to task, and processes get theirs as
they are started.

To try: a second baker in `spent_on_one_who_has_left`. Does the buyer get a loaf then?
"""

from __future__ import annotations

from typing import Protocol

import verify

HEADING = "2.4 Condition"


class OwnedLock(Protocol):
    """What a condition asks of its lock, as in `threading`: `verify.RLock` has it."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...
    def release(self) -> None: ...
    def _is_owned(self) -> bool: ...
    def _release_save(self) -> int: ...
    def _acquire_restore(self, depth: int) -> None: ...


class Condition:
    """As `verify.Condition`, on a lock that knows its owner."""

    def __init__(self, lock: OwnedLock | None = None) -> None:
        self.lock: OwnedLock = verify.RLock() if lock is None else lock
        self.waiters = verify.Shared[tuple[verify.Lock, ...]](())

    def acquire(self) -> bool:
        return self.lock.acquire()

    def release(self) -> None:
        self.lock.release()

    def __enter__(self) -> bool:
        return self.lock.acquire()

    def __exit__(self, *error: object) -> None:
        self.lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        if not self.lock._is_owned():
            raise RuntimeError("cannot wait on un-acquired lock")
        waiter = verify.Lock()
        waiter.acquire()
        self.waiters.value += (waiter,)
        depth = self.lock._release_save()
        try:
            woken = waiter.acquire(timeout=-1 if timeout is None else timeout)
        finally:
            self.lock._acquire_restore(depth)
        return woken or self._notified_meanwhile(waiter)

    def _notified_meanwhile(self, waiter: verify.Lock) -> bool:
        """Its time ran out: it leaves the line, unless a notify has taken it out since."""
        line = self.waiters.value
        self.waiters.value = tuple(other for other in line if other is not waiter)
        return waiter not in line

    def notify(self, n: int = 1) -> None:
        if not self.lock._is_owned():
            raise RuntimeError("cannot notify on un-acquired lock")
        line = self.waiters.value
        self.waiters.value = line[n:]
        for waiter in line[:n]:
            waiter.release()

    def notify_all(self) -> None:
        self.notify(len(self.waiters.value))


class InLineTooLate(Condition):
    """Lets the lock go, and then stands in line."""

    def wait(self, timeout: float | None = None) -> bool:
        waiter = verify.Lock()
        waiter.acquire()
        depth = self.lock._release_save()
        self.waiters.value += (waiter,)
        waiter.acquire()
        self.lock._acquire_restore(depth)
        return True


class LockNotTakenBack(Condition):
    """Goes on as soon as it is woken."""

    def wait(self, timeout: float | None = None) -> bool:
        waiter = verify.Lock()
        waiter.acquire()
        self.waiters.value += (waiter,)
        self.lock._release_save()
        return waiter.acquire()


class AsInTheInterpreter(Condition):
    """Says that its time ran out, whatever has come meanwhile."""

    def _notified_meanwhile(self, waiter: verify.Lock) -> bool:
        super()._notified_meanwhile(waiter)
        return False


class Bakery:
    """Loaves, and the condition that says when there are more."""

    def __init__(self, kind: type[Condition]) -> None:
        self.baked = kind()
        self.loaves = verify.Shared(0)

    def bake(self) -> None:
        with self.baked:
            self.loaves.value += 1
            self.baked.notify()

    def sell(self) -> None:
        self.loaves.value -= 1
        assert self.loaves.value >= 0, "sold what is not there"


def baker(bakery: Bakery) -> None:
    bakery.bake()


def buyer(bakery: Bakery) -> None:
    with bakery.baked:
        while not bakery.loaves.value:
            bakery.baked.wait()
        bakery.sell()


def passer_by(bakery: Bakery) -> None:
    """Would like to know whether there is bread, for a while, and passes on what it is told."""
    with bakery.baked:
        if bakery.baked.wait(1):
            bakery.baked.notify()


def run(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def news(bakery: Bakery) -> None:
    targets = (passer_by, buyer, baker)
    run(*(verify.Thread(target=target, args=(bakery,)) for target in targets))


def one_loaf(bakery: Bakery) -> None:
    run(*(verify.Thread(target=target, args=(bakery,)) for target in (buyer, baker)))


# The numbers of classes are enumerated without the explorer in tests/counts.


@verify.model(classes=48)
def heard_in_line() -> None:
    """Right: two buyers and two loaves, whoever comes first."""
    bakery = Bakery(Condition)
    targets = (buyer, buyer, baker, baker)
    run(*(verify.Thread(target=target, args=(bakery,)) for target in targets))
    assert bakery.loaves.value == 0


@verify.model(expect="deadlock", classes=5)
def in_line_too_late() -> None:
    """Wrong: the notify finds nobody in line, and the buyer goes to sleep beside the loaf."""
    one_loaf(Bakery(InLineTooLate))


@verify.model(expect="exception", classes=3)
def lock_not_taken_back() -> None:
    """Wrong: the buyer takes its loaf without the lock, and cannot let go what it does not hold."""
    one_loaf(Bakery(LockNotTakenBack))


@verify.model(classes=18)
def told_that_it_was_notified() -> None:
    """Right: who is told that there is bread passes it on, however late it was told."""
    bakery = Bakery(Condition)
    news(bakery)
    assert bakery.loaves.value == 0


@verify.model(expect="deadlock", classes=18)
def spent_on_one_who_has_left() -> None:
    """Wrong: the notify finds one in line whose time is up, and the buyer sleeps on."""
    news(Bakery(AsInTheInterpreter))
