"""A barrier made of a counter and a condition."""

from math import factorial

import verify


def arrive(changed: verify.Condition, arrived: verify.Shared[int], n: int) -> None:
    with changed:
        count = arrived.value + 1
        arrived.value = count
        if count == n:
            changed.notify_all()
        else:
            while arrived.value < n:
                changed.wait()


def barrier(n: int) -> None:
    """n tasks that wait for each other."""
    changed, arrived = verify.Condition(verify.Lock()), verify.Shared(0)
    tasks = [verify.Thread(target=arrive, args=(changed, arrived, n)) for _ in range(n)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def classes(n: int) -> int:
    """All arrive in some order, and all but the last leave in some order."""
    return factorial(n) * factorial(n - 1)


BENCHMARKS = {barrier: classes}


@verify.model(classes=classes(3))
def three_tasks() -> None:
    barrier(3)
