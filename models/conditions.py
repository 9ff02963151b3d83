"""A condition: how a wake-up is lost, how one is stolen, and who may call.

One task waits for a state of things, another one brings it about and says so. `notify` is heard by
those who wait at this moment and by nobody else: it is not kept. So a task must look at the state
before it waits, and must hold the lock from its look until it waits, or the wake-up comes in
between and is *lost*. And between the wake-up and getting the lock back there is time for a third
task: the wake-up is *stolen*, and only a second look (`while`, not `if`) shows it.

To try: give `stolen` a third item. Is `if` good enough then?
"""

import verify

HEADING = "2.4 Condition"


class Basket:
    """A number of integers, and the condition that says when there are more."""

    def __init__(self) -> None:
        self.changed = verify.Condition(verify.Lock())
        self.integers = verify.Shared[tuple[int, ...]](())

    def append(self, integer: int) -> None:
        self.integers.value += (integer,)

    def pop(self) -> int:
        *rest, last = self.integers.value
        self.integers.value = tuple(rest)
        return last


def producer(basket: Basket, *integers: int) -> None:
    for integer in integers:
        with basket.changed:
            basket.append(integer)
            basket.changed.notify()


def producer_without_the_lock(basket: Basket, integer: int) -> None:
    with basket.changed:
        basket.append(integer)
    basket.changed.notify()


def consumer(basket: Basket) -> None:
    with basket.changed:
        while not basket.integers.value:
            basket.changed.wait()
        basket.pop()


def consumer_who_does_not_look(basket: Basket) -> None:
    with basket.changed:
        basket.changed.wait()
        basket.pop()


def consumer_who_looks_too_early(basket: Basket) -> None:
    if not basket.integers.value:
        with basket.changed:
            basket.changed.wait()
    with basket.changed:
        basket.pop()


def consumer_who_looks_once(basket: Basket) -> None:
    with basket.changed:
        if not basket.integers.value:
            basket.changed.wait()
        assert basket.integers.value, "it was told that there is one"
        basket.pop()


def run(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


# The numbers of classes are enumerated without the explorer in tests/counts.


@verify.model(classes=24)
def heard() -> None:
    """Right: look and wait under the lock, and look again."""
    basket = Basket()
    run(
        verify.Thread(target=producer, args=(basket, 1, 2)),
        *(verify.Thread(target=consumer, args=(basket,)) for _ in range(2)),
    )
    assert basket.integers.value == ()


# The consumer waits first, or the producer has come and gone.
@verify.model(expect="deadlock", classes=2)
def lost() -> None:
    """Wrong: who waits without looking waits for a notify that has been."""
    basket = Basket()
    run(
        verify.Thread(target=producer, args=(basket, 1)),
        verify.Thread(target=consumer_who_does_not_look, args=(basket,)),
    )


@verify.model(expect="deadlock", classes=3)
def lost_between_look_and_wait() -> None:
    """Wrong: looked without the lock, and by the time it waits the notify has been."""
    basket = Basket()
    run(
        verify.Thread(target=producer, args=(basket, 1)),
        verify.Thread(target=consumer_who_looks_too_early, args=(basket,)),
    )


@verify.model(expect="assertion", classes=24)
def stolen() -> None:
    """Wrong: one is woken, another one comes first and takes what it was woken for."""
    basket = Basket()
    run(
        verify.Thread(target=producer, args=(basket, 1, 2)),
        *(verify.Thread(target=consumer_who_looks_once, args=(basket,)) for _ in range(2)),
    )


@verify.model(expect="exception", classes=4)
def called_without_the_lock() -> None:
    """Wrong: only who holds the lock may notify. RuntimeError, and nobody is woken."""
    basket = Basket()
    run(
        verify.Thread(target=producer_without_the_lock, args=(basket, 1)),
        verify.Thread(target=consumer, args=(basket,)),
    )
