"""Increments without a lock: the smallest wrong program, were anybody to look at the sum."""

from functools import cache

import verify


def increment(count: verify.Shared[int], repetitions: int) -> None:
    for _ in range(repetitions):
        count.value += 1


def racyinc(n: int, repetitions: int = 1) -> None:
    """n tasks that increment a counter, each so often."""
    count = verify.Shared(0)
    tasks = [verify.Thread(target=increment, args=(count, repetitions)) for _ in range(n)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


@cache
def orders(tasks: tuple[tuple[int, int], ...]) -> int:
    """In how many ways the rest can go, for (writes left, writes since its own last) of each task.

    All writes are ordered. A task's read can lie in each of the gaps between its own last write and
    the next one; where in a gap, nobody can tell.
    """
    total = 0
    for i, (left, gaps) in enumerate(tasks):
        if left:
            others = [(more, since + 1) for more, since in (*tasks[:i], *tasks[i + 1 :])]
            total += gaps * orders(tuple(sorted([*others, (left - 1, 1)])))
    return total or int(not any(left for left, _ in tasks))


def classes(n: int, repetitions: int = 1) -> int:
    """See `orders`; with one increment each it is (n!)²."""
    return orders(((repetitions, 1),) * n)


BENCHMARKS = {racyinc: classes}


@verify.model(classes=3 * 2 * 3 * 2)
def three_tasks() -> None:
    racyinc(3)


@verify.model(classes=34)
def twice_each() -> None:
    racyinc(2, 2)
