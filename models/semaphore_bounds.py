"""A semaphore as a bound: at most so many tasks inside at once.

A room has two places, and a semaphore with two permits at the door. It holds only as long as
everybody gives back exactly what they took. One release too many, and the door lets one visitor
too many in: the bug happens here, and shows there. A BoundedSemaphore raises when there are more
permits than at the start, which is closer to the place of the mistake.

The bound is stated as an invariant: it must hold after every step of every interleaving.

To try: send two more visitors to `checked_by_a_bounded_semaphore`. Does it still notice in time?
"""

import verify

HEADING = "2.5 Semaphore"

PLACES = 2


def visitor(door: verify.Semaphore, inside: verify.Atomic[int]) -> None:
    with door:
        inside.add(1)
        inside.add(-1)


def careless_visitor(door: verify.Semaphore, inside: verify.Atomic[int]) -> None:
    with door:
        inside.add(1)
        inside.add(-1)
        door.release()  # and `with` releases once more


def admit(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


@verify.model(classes=510)
def never_more_than_the_places() -> None:
    """Right: three visitors, two places, never more than two inside."""
    door, inside = verify.Semaphore(PLACES), verify.Atomic(0)
    verify.invariant(lambda: inside.load() <= PLACES, "at most two inside")
    admit(*(verify.Thread(target=visitor, args=(door, inside)) for _ in range(3)))


@verify.model(expect="invariant", classes=66)
def released_once_too_often() -> None:
    """Wrong: the careless visitor leaves two permits for one place."""
    door, inside = verify.Semaphore(1), verify.Atomic(0)
    verify.invariant(lambda: inside.load() <= 1, "at most one inside")
    admit(
        verify.Thread(target=careless_visitor, args=(door, inside)),
        *(verify.Thread(target=visitor, args=(door, inside)) for _ in range(2)),
    )


@verify.model(expect="exception", classes=4)
def checked_by_a_bounded_semaphore() -> None:
    """Wrong, and noticed: in every interleaving the careless visitor or the next one is told."""
    door, inside = verify.BoundedSemaphore(1), verify.Atomic(0)
    verify.invariant(lambda: inside.load() <= 1, "at most one inside")
    admit(
        verify.Thread(target=careless_visitor, args=(door, inside)),
        verify.Thread(target=visitor, args=(door, inside)),
    )
