"""Blind writes: nobody reads, and yet each order of the writes leaves another value."""

from math import factorial

import verify


def write(cell: verify.Shared[int], value: int) -> None:
    cell.value = value


def writers(n: int) -> None:
    """n tasks that write one cell."""
    cell = verify.Shared(0)
    tasks = [verify.Thread(target=write, args=(cell, value)) for value in range(n)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def classes(n: int) -> int:
    """The orders of n writes."""
    return factorial(n)


BENCHMARKS = {writers: classes}


@verify.model(classes=classes(4))
def four_writers() -> None:
    writers(4)
