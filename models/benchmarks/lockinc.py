"""Increments under a lock: the smallest right program."""

from math import factorial

import verify


def increment(lock: verify.Lock, count: verify.Shared[int], repetitions: int) -> None:
    for _ in range(repetitions):
        with lock:
            count.value += 1


def lockinc(n: int, repetitions: int = 1) -> None:
    """n tasks that increment a counter, each so often."""
    lock, count = verify.Lock(), verify.Shared(0)
    tasks = [verify.Thread(target=increment, args=(lock, count, repetitions)) for _ in range(n)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def classes(n: int, repetitions: int = 1) -> int:
    """The orders of the critical sections, each task's own in sequence."""
    return factorial(n * repetitions) // factorial(repetitions) ** n


BENCHMARKS = {lockinc: classes}


@verify.model(classes=classes(3))
def three_tasks() -> None:
    lockinc(3)


@verify.model(classes=classes(2, 2))
def twice_each() -> None:
    lockinc(2, 2)
