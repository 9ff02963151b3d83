"""A semaphore of one permit as a mutex."""

from math import factorial

import verify


def increment(permit: verify.Semaphore, count: verify.Shared[int]) -> None:
    with permit:
        count.value += 1


def semmutex(n: int) -> None:
    """n tasks that increment a counter, one at a time."""
    permit, count = verify.Semaphore(1), verify.Shared(0)
    tasks = [verify.Thread(target=increment, args=(permit, count)) for _ in range(n)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def classes(n: int) -> int:
    """The orders in which the permit changes hands."""
    return factorial(n)


BENCHMARKS = {semmutex: classes}


@verify.model(classes=classes(3))
def three_tasks() -> None:
    semmutex(3)
