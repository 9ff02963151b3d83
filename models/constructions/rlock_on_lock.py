"""An RLock, built on a Lock: beside it stand who holds it and how often.

Whoever finds its own name there has the lock already and only counts. Everybody else takes the
inner lock, and then writes its name and a depth of 1. The last release wipes the name out, and then
lets the inner lock go. That the name is read without the lock is no mistake: others may write it
meanwhile, but nobody writes *my* name, and nobody wipes it out, except me.

The order of the two matters. Written before the lock is taken, a name tells who would like to have
it, and the owner is refused its own release. Wiped out after the lock was let go, it may be the
next owner's name by then. And a release that does not ask who calls lets anybody in.

To try: read the name only after a failed `self.block.acquire(False)`. Is that right, too?
"""

from __future__ import annotations

import verify

HEADING = "2.3 RLock"


class RLock:
    """As `verify.RLock`; the three last methods are what a condition asks of its lock."""

    def __init__(self) -> None:
        self.block = verify.Lock()
        self.owner = verify.Shared[int | None](None)
        self.depth = verify.Shared(0)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if self._is_owned():
            self.depth.value += 1
            return True
        if not self.block.acquire(blocking, timeout):
            return False
        self._enter(1)
        return True

    def release(self) -> None:
        if not self._is_owned():
            raise RuntimeError("cannot release un-acquired lock")
        self.depth.value -= 1
        if self.depth.value == 0:
            self._leave()

    def _enter(self, depth: int) -> None:
        self.owner.value = verify.get_ident()
        self.depth.value = depth

    def _leave(self) -> None:
        self.owner.value = None
        self.block.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()

    def _is_owned(self) -> bool:
        return self.owner.value == verify.get_ident()

    def _release_save(self) -> int:
        if not self._is_owned():
            raise RuntimeError("cannot release un-acquired lock")
        depth = self.depth.value
        self._leave()
        return depth

    def _acquire_restore(self, depth: int) -> None:
        self.block.acquire()
        self._enter(depth)


class NameBeforeTheLock(RLock):
    """Writes its name, and then takes the inner lock."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if self._is_owned():
            self.depth.value += 1
            return True
        self.owner.value = verify.get_ident()
        taken = self.block.acquire(blocking, timeout)
        if taken:
            self.depth.value = 1
        return taken


class NameWipedOutTooLate(RLock):
    """Lets the inner lock go, and then wipes out whatever name stands there."""

    def _leave(self) -> None:
        self.block.release()
        self.owner.value = None


class AnybodysRelease(RLock):
    """Does not ask who calls."""

    def release(self) -> None:
        self.depth.value -= 1
        if self.depth.value == 0:
            self._leave()


class Room:
    """At most one at a time, or `visit` fails."""

    def __init__(self, lock: RLock) -> None:
        self.lock = lock
        self.inside = verify.Atomic(0)

    def visit(self) -> None:
        with self.lock:
            assert self.inside.add(1) == 0, "somebody else is inside"
            self.inside.add(-1)


def visitor(room: Room) -> None:
    room.visit()


def visitor_with_a_key(room: Room) -> None:
    with room.lock:
        room.visit()


def burglar(room: Room) -> None:
    try:
        room.lock.release()
    except RuntimeError:
        return
    room.visit()


def run(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def two_visitors(room: Room) -> None:
    run(*(verify.Thread(target=visitor, args=(room,)) for _ in range(2)))


def burglary(room: Room) -> None:
    with room.lock:
        room.inside.add(1)
        run(verify.Thread(target=burglar, args=(room,)))
        room.inside.add(-1)


# The numbers of classes are enumerated without the explorer in tests/counts.


@verify.model(classes=6)
def taken_again() -> None:
    """Right: the owner goes in once more, and the other one waits until it has left twice."""
    room = Room(RLock())
    run(*(verify.Thread(target=target, args=(room,)) for target in (visitor_with_a_key, visitor)))


@verify.model(expect="exception", classes=18)
def name_before_the_lock() -> None:
    """Wrong: who waits has put its name over the owner's, and the owner's release is refused."""
    two_visitors(Room(NameBeforeTheLock()))


@verify.model(expect="exception", classes=18)
def name_wiped_out_too_late() -> None:
    """Wrong: the next owner's name is wiped out, and its own release is refused."""
    two_visitors(Room(NameWipedOutTooLate()))


# Main holds the lock until the burglar has gone: one order.
@verify.model(classes=1)
def released_by_its_owner() -> None:
    """Right: the burglar is told that the lock is not its own."""
    burglary(Room(RLock()))


@verify.model(expect="assertion", classes=1)
def released_by_anybody() -> None:
    """Wrong: somebody else lets the lock go, and goes in beside the owner."""
    burglary(Room(AnybodysRelease()))
