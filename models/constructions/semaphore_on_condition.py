"""A semaphore, built on a condition: a number of permits, and a line for those who find none.

The condition's lock protects the number. Whoever finds it at zero waits, and looks again when it is
woken: between the `notify` and the lock somebody else may have come and taken the permit. An `if`
lets both in, and the number goes below zero.

A bounded semaphore refuses the release that would bring it above where it began. To look whether it
would, and to add, must be one step: the chapter's own looks without the lock, and then two releases
that overlap both find room for one.

To try: leave the `notify` out of `release`, and see how many visitors it takes to notice.
"""

from __future__ import annotations

import verify

HEADING = "2.5 Semaphore"


class Semaphore:
    """As `verify.Semaphore`. Each time that it has to wait again, it may take all of its time."""

    def __init__(self, value: int = 1) -> None:
        self.changed = verify.Condition(verify.Lock())
        self.permits = verify.Shared(value)

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        with self.changed:
            while self.permits.value == 0:
                if not blocking or not self.changed.wait(timeout):
                    return False
            self.permits.value -= 1
            return True

    def release(self, n: int = 1) -> None:
        with self.changed:
            self._add(n)

    def _add(self, n: int) -> None:
        self.permits.value += n
        self.changed.notify(n)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()


class BoundedSemaphore(Semaphore):
    """Refuses more permits than it began with."""

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        self.most = value

    def release(self, n: int = 1) -> None:
        with self.changed:
            if self.permits.value + n > self.most:
                raise ValueError("Semaphore released too many times")
            self._add(n)


class LooksOnce(Semaphore):
    """Takes for granted that the permit is there for which it was woken."""

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        with self.changed:
            if self.permits.value == 0:
                self.changed.wait()
            self.permits.value -= 1
            return True


class AsInTheChapter(BoundedSemaphore):
    """Looks first, and then takes the lock to add."""

    def release(self, n: int = 1) -> None:
        if self.permits.value + n > self.most:
            raise ValueError("Semaphore released too many times")
        super(BoundedSemaphore, self).release(n)


class Room:
    """At most one at a time, or `visit` fails."""

    def __init__(self, door: Semaphore) -> None:
        self.door = door
        self.inside = verify.Atomic(0)

    def visit(self) -> None:
        with self.door:
            assert self.inside.add(1) == 0, "somebody else is inside"
            self.inside.add(-1)


def visitor(room: Room) -> None:
    room.visit()


def opener(door: Semaphore, refused: verify.Atomic[int]) -> None:
    try:
        door.release()
    except ValueError:
        refused.add(1)


def run(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def two_openers(door: Semaphore) -> None:
    refused = verify.Atomic(0)
    door.acquire()
    run(*(verify.Thread(target=opener, args=(door, refused)) for _ in range(2)))
    assert refused.load() == 1, "two permits where there was one"


# The numbers of classes are enumerated without the explorer in tests/counts.


@verify.model(classes=42)
def one_place() -> None:
    """Right: three visitors, one at a time."""
    room = Room(Semaphore())
    run(*(verify.Thread(target=visitor, args=(room,)) for _ in range(3)))


@verify.model(expect="assertion", classes=84)
def looks_once() -> None:
    """Wrong: one is woken, another one comes first, and both take the same permit."""
    room = Room(LooksOnce())
    run(*(verify.Thread(target=visitor, args=(room,)) for _ in range(3)))


@verify.model(classes=2)
def bound_under_the_lock() -> None:
    """Right: of two releases too many, one is refused, whichever comes second."""
    two_openers(BoundedSemaphore())


@verify.model(expect="assertion", classes=4)
def bound_before_the_lock() -> None:
    """Wrong: both look while there is room for one."""
    two_openers(AsInTheChapter())
