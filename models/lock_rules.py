"""The four rules of a lock, and what becomes of a program in which one of them does not hold.

A lock is locked or unlocked. (1) `acquire` of an unlocked one locks it; (2) `acquire` of a locked
one waits until another task releases it; (3) `release` of an unlocked one is an error; (4)
`release` of a locked one unlocks it. Each rule is broken once below: by a lock that somebody built
by hand, or by a program that behaves as if there were no such rule.

What must hold is the same everywhere: nobody is inside while another one is, and everybody gets in.

To try: swap the two lines in `TwoSteps.acquire`. Which rule is broken now?
"""

from contextlib import suppress

import verify

HEADING = "2.2 Lock"


class Room:
    """At most one at a time, or `enter` fails."""

    def __init__(self) -> None:
        self.inside = verify.Atomic(0)

    def visit(self) -> None:
        assert self.inside.add(1) == 0, "somebody else is inside"
        self.inside.add(-1)


class TwoSteps:
    """A lock that breaks rule 1: between finding it unlocked and locking it, another one may."""

    def __init__(self) -> None:
        self.locked = verify.Shared(False)

    def acquire(self) -> bool:
        if self.locked.value:
            return False
        self.locked.value = True
        return True

    def release(self) -> None:
        self.locked.value = False


class Forgiving:
    """A lock that breaks rule 3: to release what is unlocked is no error."""

    def __init__(self) -> None:
        self.lock = verify.Lock()

    def acquire(self) -> bool:
        return self.lock.acquire()

    def release(self) -> None:
        with suppress(RuntimeError):
            self.lock.release()


def run(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def visitor(lock: verify.Lock, room: Room) -> None:
    lock.acquire()
    room.visit()
    lock.release()


def visitor_if_unlocked(lock: TwoSteps, room: Room) -> None:
    if lock.acquire():
        room.visit()
        lock.release()


def impatient_visitor(lock: verify.Lock, room: Room) -> None:
    mine = lock.acquire(timeout=1)
    room.visit()  # whatever came of it
    if mine:
        lock.release()


def thorough_visitor(lock: Forgiving, room: Room) -> None:
    lock.acquire()
    room.visit()
    lock.release()
    lock.release()  # to be sure


def visitor_in_a_hurry(lock: verify.Lock, room: Room, found: verify.Shared[bool]) -> None:
    lock.acquire()
    if found.value:
        return  # the way out that nobody thought of
    room.visit()
    found.value = True
    lock.release()


def opener(lock: verify.Lock) -> None:
    lock.release()


# The numbers of classes are enumerated without the explorer in tests/counts.


@verify.model(classes=1)
def the_four_rules() -> None:
    """Right: one after the other, with another task to release what the first one waits for."""
    lock = verify.Lock()
    lock.acquire()
    assert lock.locked(), "rule 1"
    other = verify.Thread(target=opener, args=(lock,))
    other.start()
    lock.acquire()  # rule 2: until the other one has released it
    other.join()
    lock.release()
    assert not lock.locked(), "rule 4"
    try:
        lock.release()
    except RuntimeError:
        return
    raise AssertionError("rule 3")


# 3! orders of three visits.
@verify.model(classes=6)
def kept() -> None:
    """Right: three visitors, one at a time."""
    lock, room = verify.Lock(), Room()
    run(*(verify.Thread(target=visitor, args=(lock, room)) for _ in range(3)))


@verify.model(expect="assertion", classes=18)
def rule_1_broken() -> None:
    """Wrong: looking and locking are two steps, and both find it unlocked."""
    lock, room = TwoSteps(), Room()
    run(*(verify.Thread(target=visitor_if_unlocked, args=(lock, room)) for _ in range(2)))


@verify.model(expect="assertion", classes=10)
def rule_2_broken() -> None:
    """Wrong: a time-out is no lock. Whoever goes on without looking at the answer is inside."""
    lock, room = verify.Lock(), Room()
    run(*(verify.Thread(target=impatient_visitor, args=(lock, room)) for _ in range(2)))


@verify.model(expect="assertion", classes=120)
def rule_3_broken() -> None:
    """Wrong: one release too many unlocks the door behind the next visitor."""
    lock, room = Forgiving(), Room()
    run(*(verify.Thread(target=thorough_visitor, args=(lock, room)) for _ in range(3)))


# Either of the two is second.
@verify.model(expect="exception", classes=2)
def rule_3_kept() -> None:
    """Wrong, and noticed: with a Lock, the release too many is an error where it is made."""
    lock = verify.Lock()
    lock.acquire()
    run(*(verify.Thread(target=opener, args=(lock,)) for _ in range(2)))


# Whoever is second never lets go, so the third waits for ever: 3! orders.
@verify.model(expect="deadlock", classes=6)
def rule_4_forgotten() -> None:
    """Wrong: a way out that does not pass the release."""
    lock, room, found = verify.Lock(), Room(), verify.Shared(False)
    run(*(verify.Thread(target=visitor_in_a_hurry, args=(lock, room, found)) for _ in range(3)))


@verify.model(expect="deadlock", classes=1)
def acquired_twice() -> None:
    """Wrong: rule 2 makes no difference who has locked it. See rlock_reentrancy for a lock that
    does."""
    lock = verify.Lock()
    lock.acquire()
    lock.acquire()
