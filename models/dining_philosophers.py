"""Dining philosophers (Dijkstra, 1965): five at a round table, one fork between any two.

Who wants to eat needs the fork on the left and the one on the right. If all reach for the left one
first, all can end up holding it and wait for ever. Two cures: forks have numbers and everybody
takes the smaller one first, so that waiting never goes round in a circle; or a butler lets no more
than four sit down, so that one of them always gets both.

The numbers: what matters is who of two neighbours takes their common fork first, 2 ways for each of
the forks, less what cannot happen round the circle. See `classes` of each model.

To try: let only one philosopher, the last, be left-handed. Is that a cure?
"""

import verify

HEADING = "2.2 Lock"

SEATS = 5


def eat(first: verify.Lock, second: verify.Lock) -> None:
    with first, second:
        pass


def dine(philosophers: list[verify.Thread]) -> None:
    for philosopher in philosophers:
        philosopher.start()
    for philosopher in philosophers:
        philosopher.join()


def philosopher(forks: list[verify.Lock], seat: int) -> None:
    eat(forks[seat], forks[(seat + 1) % len(forks)])


def orderly_philosopher(forks: list[verify.Lock], seat: int) -> None:
    first, second = sorted((seat, (seat + 1) % len(forks)))
    eat(forks[first], forks[second])


def guest(forks: list[verify.Lock], seat: int, butler: verify.Semaphore) -> None:
    with butler:
        philosopher(forks, seat)


# Each fork goes first to one of its two neighbours: 2^5. All reaching for the left one is the
# deadlock; all having had the right one first cannot be, for nobody would have been the first.
@verify.model(expect="deadlock", classes=2**5 - 1)
def left_fork_first() -> None:
    """Wrong: five hold the left fork and wait for the right one."""
    forks = [verify.Lock() for _ in range(SEATS)]
    dine([verify.Thread(target=philosopher, args=(forks, seat)) for seat in range(SEATS)])


# As above, and all the left one first cannot be either.
@verify.model(classes=2**5 - 2)
def forks_in_order() -> None:
    """Right: forks are taken in the order of their numbers, so waiting has an end."""
    forks = [verify.Lock() for _ in range(SEATS)]
    dine([verify.Thread(target=orderly_philosopher, args=(forks, seat)) for seat in range(SEATS)])


# Three seats here: who enters and leaves in which order is seen by the butler, and counts.
@verify.model(classes=126)
def with_a_butler() -> None:
    """Right: one seat stays empty, so one of those who sit gets both forks."""
    forks = [verify.Lock() for _ in range(3)]
    butler = verify.Semaphore(2)
    dine([verify.Thread(target=guest, args=(forks, seat, butler)) for seat in range(3)])
