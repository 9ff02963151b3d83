"""Start, join, and look at the sum: neither starting nor joining adds a choice."""

from math import factorial

import verify


def increment(lock: verify.Lock, count: verify.Shared[int]) -> None:
    with lock:
        count.value += 1


def spawnjoin(n: int) -> None:
    """n tasks that increment a counter under a lock; the sum is right."""
    lock, count = verify.Lock(), verify.Shared(0)
    tasks = [verify.Thread(target=increment, args=(lock, count)) for _ in range(n)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert count.value == n


def classes(n: int) -> int:
    """The orders of the critical sections."""
    return factorial(n)


BENCHMARKS = {spawnjoin: classes}


@verify.model(classes=classes(3))
def three_tasks() -> None:
    spawnjoin(3)
