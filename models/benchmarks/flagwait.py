"""Waiting for a flag, with a condition: all woken, one woken, and a wait that does not look.

Everything happens under one lock, so the classes are the orders in which it can change hands.
"""

from math import factorial, perm

import verify


def wait(changed: verify.Condition, flag: verify.Shared[bool]) -> None:
    with changed:
        while not flag.value:
            changed.wait()


def set_flag(changed: verify.Condition, flag: verify.Shared[bool], woken: int) -> None:
    with changed:
        flag.value = True
        changed.notify(woken)


def wait_without_looking(changed: verify.Condition) -> None:
    with changed:
        changed.wait()


def notify(changed: verify.Condition) -> None:
    with changed:
        changed.notify()


def waiters_and_setter(n: int, woken: int) -> None:
    changed, flag = verify.Condition(verify.Lock()), verify.Shared(False)
    tasks = [verify.Thread(target=wait, args=(changed, flag)) for _ in range(n)]
    tasks.append(verify.Thread(target=set_flag, args=(changed, flag, woken)))
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def flagwait(n: int) -> None:
    """n tasks wait, one sets the flag and wakes all."""
    waiters_and_setter(n, n)


def flagwait_one(n: int) -> None:
    """n tasks wait, one sets the flag and wakes a single one: the others sleep on."""
    waiters_and_setter(n, 1)


def lostwake() -> None:
    """One task waits whatever has happened, another notifies: too early, and it was for nothing."""
    changed = verify.Condition(verify.Lock())
    tasks = [verify.Thread(target=wait_without_looking, args=(changed,))]
    tasks.append(verify.Thread(target=notify, args=(changed,)))
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def classes(n: int) -> int:
    """Some of the waiters fall asleep before the setter comes, in some order; then those who are
    awake, or have been woken, take the lock in any order."""
    return sum(perm(n, asleep) for asleep in range(n + 1)) * factorial(n)


def classes_one(n: int) -> int:
    """The same, and of those asleep at most one goes on."""
    return sum(perm(n, asleep) * factorial(n - max(0, asleep - 1)) for asleep in range(n + 1))


def classes_lost() -> int:
    """Who is first."""
    return 2


BENCHMARKS = {flagwait: classes, flagwait_one: classes_one, lostwake: classes_lost}


@verify.model(classes=classes(2))
def two_waiters() -> None:
    flagwait(2)
