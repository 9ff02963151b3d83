"""Spinning: to wait by looking again and again.

A loop that only looks would go on for ever while nobody writes what it looks at, and there would be
no end of executions. So a task that has come back to where it was, none the wiser, waits until that
is written; if nobody can go on but such tasks, that is a livelock. What is left are the ways that
differ: how many writes the spinner saw in vain.

A flag must stay up until it has been seen. A word that is exchanged for another makes a lock, and
so does a lock that one only tries.

To try: let the setter of `lowered_too_early` wait for an answer before it lowers the flag.
"""

from collections.abc import Callable

import verify

HEADING = "1.3 Blocking and wake-up"


def wait_for(flag: verify.Shared[bool]) -> None:
    while not flag.value:
        pass


def raise_it(flag: verify.Shared[bool]) -> None:
    flag.value = True


def raise_and_lower(flag: verify.Shared[bool]) -> None:
    flag.value = True
    flag.value = False


class SpinLock:
    """A lock made of one word: 0 while it is free."""

    def __init__(self) -> None:
        self.word = verify.Atomic(0)

    def __enter__(self) -> None:
        while not self.word.compare_exchange(0, 1):
            pass

    def __exit__(self, *error: object) -> None:
        self.word.store(0)


class TriedLock:
    """A lock that is tried until it is had, with a pause between two tries."""

    def __init__(self) -> None:
        self.lock = verify.Lock()

    def __enter__(self) -> None:
        while not self.lock.acquire(blocking=False):
            verify.sleep(0.01)

    def __exit__(self, *error: object) -> None:
        self.lock.release()


def run(*targets: Callable[[], None]) -> None:
    tasks = [verify.Thread(target=target) for target in targets]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def count_under(lock: SpinLock | TriedLock) -> None:
    count = verify.Shared(0)

    def increment() -> None:
        with lock:
            count.value += 1

    run(increment, increment)
    assert count.value == 2


# It looks before the flag is up, and once more after, or only after.
@verify.model(classes=2)
def raised() -> None:
    """Right: the flag stays up."""
    flag = verify.Shared(False)
    run(lambda: wait_for(flag), lambda: raise_it(flag))


@verify.model(expect="livelock", classes=1)
def never_raised() -> None:
    """Wrong: there is nobody who would raise it."""
    flag = verify.Shared(False)
    run(lambda: wait_for(flag))


# It has looked in vain before the flag was raised, or has not; and its next look comes before the
# flag is lowered, or too late.
@verify.model(expect="livelock", classes=4)
def lowered_too_early() -> None:
    """Wrong: who does not look in time has missed it."""
    flag = verify.Shared(False)
    run(lambda: wait_for(flag), lambda: raise_and_lower(flag))


# Either comes first, and the other has tried in vain before the lock was let go, or has not.
@verify.model(classes=4)
def lock_of_one_word() -> None:
    """Right: only one of two exchanges can find a 0."""
    count_under(SpinLock())


@verify.model(classes=4)
def lock_that_is_tried() -> None:
    """Right: a failed try leaves everything as it was."""
    count_under(TriedLock())
