"""A buffer of one place that counts the places and the items with a semaphore each."""

from math import factorial

import verify


def move(
    mine: verify.Semaphore,
    theirs: verify.Semaphore,
    lock: verify.Lock,
    items: verify.Shared[int],
    by: int,
) -> None:
    mine.acquire()
    with lock:
        items.value += by
    theirs.release()


def semaphore_buffer(n: int) -> None:
    """n producers and n consumers of one item each."""
    places, available = verify.Semaphore(1), verify.Semaphore(0)
    lock, items = verify.Lock(), verify.Shared(0)
    put = (places, available, lock, items, 1)
    get = (available, places, lock, items, -1)
    tasks = [verify.Thread(target=move, args=args) for args in (put, get) for _ in range(n)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def classes(n: int) -> int:
    """Putting and getting take turns: the producers in any order, and the consumers."""
    return factorial(n) ** 2


BENCHMARKS = {semaphore_buffer: classes}


@verify.model(classes=classes(2))
def two_of_each() -> None:
    semaphore_buffer(2)
