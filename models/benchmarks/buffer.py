"""A bounded buffer with condition variables, and two wrong ones; models/producer_consumer.py
explains.

Everything happens under one lock, so the classes are the orders in which it can change hands. There
is no formula: what is known was enumerated.
"""

import verify


class Buffer:
    """A buffer that only counts its items. `not_full` and `not_empty` may be one condition."""

    def __init__(self, capacity: int, one_condition: bool = False) -> None:
        lock = verify.Lock()
        self.capacity = capacity
        self.not_full = verify.Condition(lock)
        self.not_empty = self.not_full if one_condition else verify.Condition(lock)
        self.items = verify.Shared(0)

    def put(self) -> None:
        with self.not_full:
            while self.items.value == self.capacity:
                self.not_full.wait()
            self.items.value += 1
            self.not_empty.notify()

    def get(self) -> None:
        with self.not_empty:
            while self.items.value == 0:
                self.not_empty.wait()
            self.items.value -= 1
            self.not_full.notify()


class TrustingBuffer(Buffer):
    """Looks once: what was so when it was woken need not be so when it has the lock."""

    def put(self) -> None:
        with self.not_full:
            if self.items.value == self.capacity:
                self.not_full.wait()
            count = self.items.value
            assert count < self.capacity
            self.items.value = count + 1
            self.not_empty.notify()

    def get(self) -> None:
        with self.not_empty:
            if self.items.value == 0:
                self.not_empty.wait()
            count = self.items.value
            assert count > 0
            self.items.value = count - 1
            self.not_full.notify()


def produce(buffer: Buffer, items: int) -> None:
    for _ in range(items):
        buffer.put()


def consume(buffer: Buffer, items: int) -> None:
    for _ in range(items):
        buffer.get()


def carry(buffer: Buffer, n: int, items: int) -> None:
    tasks = [verify.Thread(target=produce, args=(buffer, items)) for _ in range(n)]
    tasks += [verify.Thread(target=consume, args=(buffer, items)) for _ in range(n)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def buffer(n: int, items: int = 1, capacity: int = 1) -> None:
    """n producers and n consumers of so many items each, with two conditions."""
    carry(Buffer(capacity), n, items)


def buffer_one_condition(n: int) -> None:
    """One item each, one place, and one condition with `notify`: deadlocks."""
    carry(Buffer(1, one_condition=True), n, 1)


def buffer_if(n: int) -> None:
    """One item each, one place, and `if` for `while`: takes from an empty buffer."""
    carry(TrustingBuffer(1), n, 1)


ENUMERATED = {(1, 1, 1): 2, (1, 2, 1): 8, (2, 1, 1): 56, (2, 1, 2): 48, (2, 2, 1): 50_264}


def classes(n: int, items: int = 1, capacity: int = 1) -> int | None:
    return ENUMERATED.get((n, items, capacity))


def classes_one_condition(n: int) -> int | None:
    return {2: 60}.get(n)


def classes_if(n: int) -> int | None:
    return {2: 56}.get(n)


BENCHMARKS = {
    buffer: classes,
    buffer_one_condition: classes_one_condition,
    buffer_if: classes_if,
}


@verify.model(classes=48)
def two_of_each_and_two_places() -> None:
    buffer(2, 1, 2)
