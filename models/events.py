"""An event as a signal: a pulse is missed by whoever comes late.

`wait` returns once the flag is up. `set` raises it and wakes those who sleep for it; `clear` lowers
it. A producer that sets the event and clears it at once wakes those who sleep already, and leaves
no sign for those who come later: they sleep until the next pulse, and after the last one for ever.
So the flag must stay up until it has been seen, and the one who saw it lowers it, *before* it looks
at what the flag was raised for. The other way round, it lowers a flag that was raised meanwhile.

To try: a second consumer in `cleared_before_looking`.
"""

import verify

HEADING = "2.6 Event"


class Basket:
    """A number of integers, and the event that says that there are some."""

    def __init__(self) -> None:
        self.filled = verify.Event()
        self.integers = verify.Atomic[tuple[int, ...]](())

    def take_all(self) -> int:
        """Take all there are; how many."""
        return len(self.integers.swap(()))


def pulsing_producer(basket: Basket, count: int) -> None:
    for integer in range(count):
        basket.integers.add((integer,))
        basket.filled.set()
        basket.filled.clear()


def producer(basket: Basket, count: int) -> None:
    for integer in range(count):
        basket.integers.add((integer,))
        basket.filled.set()


def consumer(basket: Basket) -> None:
    basket.filled.wait()
    assert basket.take_all() == 1


def consumer_who_clears_first(basket: Basket, count: int) -> None:
    while count:
        basket.filled.wait()
        basket.filled.clear()
        count -= basket.take_all()


def consumer_who_looks_first(basket: Basket, count: int) -> None:
    while count:
        basket.filled.wait()
        count -= basket.take_all()
        basket.filled.clear()


def run(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


# Asleep before the pulse, awake at its height, or too late.
@verify.model(expect="deadlock", classes=3)
def pulse() -> None:
    """Wrong: who comes after `clear` sleeps for ever."""
    basket = Basket()
    run(
        verify.Thread(target=consumer, args=(basket,)),
        verify.Thread(target=pulsing_producer, args=(basket, 1)),
    )


# Asleep before the flag is up, or there after.
@verify.model(classes=2)
def left_up() -> None:
    """Right: a flag that stays up is seen by those who come late."""
    basket = Basket()
    run(
        verify.Thread(target=consumer, args=(basket,)),
        verify.Thread(target=producer, args=(basket, 1)),
    )


# The numbers of classes of these two are enumerated without the explorer in tests/counts.


@verify.model(classes=9)
def cleared_before_looking() -> None:
    """Right: what is put in after the flag was lowered raises it again."""
    basket = Basket()
    run(
        verify.Thread(target=consumer_who_clears_first, args=(basket, 2)),
        verify.Thread(target=producer, args=(basket, 2)),
    )


@verify.model(expect="deadlock", classes=11)
def cleared_after_looking() -> None:
    """Wrong: what comes between the look and `clear` is in the basket, and nobody is told."""
    basket = Basket()
    run(
        verify.Thread(target=consumer_who_looks_first, args=(basket, 2)),
        verify.Thread(target=producer, args=(basket, 2)),
    )
