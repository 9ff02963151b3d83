"""Dining philosophers with one meal each (Dijkstra, 1965); models/dining_philosophers.py explains.

What can differ is who of two neighbours has their common fork first: 2^n ways, less those round
the circle that no run can have. They cannot all have had the right-hand fork first, for nobody
would have been the first to eat. All having the left-hand one first is the deadlock; where forks
are taken in their order, that cannot be either.
"""

import verify


def eat(first: verify.Lock, second: verify.Lock) -> None:
    with first, second:
        pass


def dining(n: int) -> None:
    """n philosophers who take the left fork first: a deadlock."""
    forks = [verify.Lock() for _ in range(n)]
    table = [verify.Thread(target=eat, args=(forks[i], forks[(i + 1) % n])) for i in range(n)]
    for philosopher in table:
        philosopher.start()
    for philosopher in table:
        philosopher.join()


def dining_ordered(n: int) -> None:
    """n philosophers who take the fork with the smaller number first."""
    forks = [verify.Lock() for _ in range(n)]
    pairs = [sorted((i, (i + 1) % n)) for i in range(n)]
    table = [verify.Thread(target=eat, args=(forks[i], forks[j])) for i, j in pairs]
    for philosopher in table:
        philosopher.start()
    for philosopher in table:
        philosopher.join()


def classes(n: int) -> int:
    return 2**n - 1


def classes_ordered(n: int) -> int:
    return 2**n - 2 if n > 1 else 1  # who dines alone waits for the one fork, which is in hand


BENCHMARKS = {dining: classes, dining_ordered: classes_ordered}


@verify.model(classes=classes_ordered(3))
def three_philosophers() -> None:
    dining_ordered(3)
