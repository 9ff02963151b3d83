"""Producers and consumers with a buffer between them, and five ways to make them wait.

A producer must wait while the buffer is full, a consumer while it is empty. With a condition for
either, every `notify` goes to somebody who can use it. With one condition for both it may go to a
task of the wrong side: that one finds nothing to do and waits again, and the wake-up is spent. So
one condition needs `notify_all`. And whoever was woken has to look again (`while`, not `if`):
between the wake-up and getting the lock back, another task may have been quicker.

Two producers and two consumers with one place between them are enough for all of this to happen;
with one of each, nothing does. The last models are the same bug in other clothes: another program,
and a semaphore that is used as a signal.

To try: `Buffer` with two places and one condition. Is it right now?
"""

import verify

HEADING = "2.4 Condition"


class Buffer:
    """A bounded buffer. `not_full` and `not_empty` may be one condition."""

    def __init__(
        self, capacity: int, not_full: verify.Condition, not_empty: verify.Condition
    ) -> None:
        self.capacity = capacity
        self.not_full = not_full
        self.not_empty = not_empty
        self.items = verify.Shared[tuple[int, ...]](())

    def put(self, item: int) -> None:
        with self.not_full:
            while len(self.items.value) == self.capacity:
                self.not_full.wait()
            self.items.value += (item,)
            self.not_empty.notify()

    def get(self) -> int:
        with self.not_empty:
            while not self.items.value:
                self.not_empty.wait()
            item, *rest = self.items.value
            self.items.value = tuple(rest)
            self.not_full.notify()
            return item


class BroadcastingBuffer(Buffer):
    """Wakes everybody: who cannot use it waits again, and those who can have been woken too."""

    def put(self, item: int) -> None:
        with self.not_full:
            while len(self.items.value) == self.capacity:
                self.not_full.wait()
            self.items.value += (item,)
            self.not_empty.notify_all()

    def get(self) -> int:
        with self.not_empty:
            while not self.items.value:
                self.not_empty.wait()
            item, *rest = self.items.value
            self.items.value = tuple(rest)
            self.not_full.notify_all()
            return item


class TrustingBuffer(Buffer):
    """Looks once: what was true when somebody called need not be true when it is one's turn."""

    def put(self, item: int) -> None:
        with self.not_full:
            if len(self.items.value) == self.capacity:
                self.not_full.wait()
            assert len(self.items.value) < self.capacity, "the buffer is full after all"
            self.items.value += (item,)
            self.not_empty.notify()

    def get(self) -> int:
        with self.not_empty:
            if not self.items.value:
                self.not_empty.wait()
            assert self.items.value, "the buffer is empty after all"
            item, *rest = self.items.value
            self.items.value = tuple(rest)
            self.not_full.notify()
            return item


class SemaphoreBuffer:
    """Counts the places and the items with a semaphore each; the lock guards the items."""

    def __init__(self, capacity: int) -> None:
        self.places = verify.Semaphore(capacity)
        self.available = verify.Semaphore(0)
        self.lock = verify.Lock()
        self.items = verify.Shared[tuple[int, ...]](())

    def put(self, item: int) -> None:
        self.places.acquire()
        with self.lock:
            self.items.value += (item,)
        self.available.release()

    def get(self) -> int:
        self.available.acquire()
        with self.lock:
            item, *rest = self.items.value
            self.items.value = tuple(rest)
        self.places.release()
        return item


class SignallingBuffer:
    """One semaphore says "something has changed" to whoever takes the permit first."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.changed = verify.Semaphore(0)
        self.lock = verify.Lock()
        self.items = verify.Shared[tuple[int, ...]](())

    def put(self, item: int) -> None:
        while not self.try_put(item):
            self.changed.acquire()
        self.changed.release()

    def try_put(self, item: int) -> bool:
        with self.lock:
            if len(self.items.value) == self.capacity:
                return False
            self.items.value += (item,)
            return True

    def get(self) -> int:
        while (item := self.try_get()) is None:
            self.changed.acquire()
        self.changed.release()
        return item

    def try_get(self) -> int | None:
        with self.lock:
            if not self.items.value:
                return None
            item, *rest = self.items.value
            self.items.value = tuple(rest)
            return item


Bufferlike = Buffer | SemaphoreBuffer | SignallingBuffer


def producer(buffer: Bufferlike, item: int) -> None:
    buffer.put(item)


def consumer(buffer: Bufferlike) -> None:
    buffer.get()


def run(tasks: list[verify.Thread]) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def two_of_each(buffer: Bufferlike) -> None:
    run(
        [verify.Thread(target=producer, args=(buffer, item)) for item in (1, 2)]
        + [verify.Thread(target=consumer, args=(buffer,)) for _ in range(2)]
    )
    assert buffer.items.value == (), "what was put in was taken out"


# The numbers of classes: everything happens under one lock, so they are the orders in which it can
# change hands; tests/counts enumerates them without the explorer.


@verify.model(classes=56)
def two_conditions() -> None:
    """Right: each wake-up goes to the side that can use it."""
    lock = verify.Lock()
    two_of_each(Buffer(1, verify.Condition(lock), verify.Condition(lock)))


@verify.model(expect="deadlock", classes=60)
def one_condition_notify() -> None:
    """Wrong: a producer's notify may wake the other producer, and both consumers sleep on."""
    changed = verify.Condition(verify.Lock())
    two_of_each(Buffer(1, changed, changed))


@verify.model(classes=80)
def one_condition_notify_all() -> None:
    """Right: with everybody woken, nobody who could go on is left asleep."""
    changed = verify.Condition(verify.Lock())
    two_of_each(BroadcastingBuffer(1, changed, changed))


@verify.model(expect="assertion", classes=56)
def if_for_while() -> None:
    """Wrong: another task may come between the wake-up and the lock."""
    lock = verify.Lock()
    two_of_each(TrustingBuffer(1, verify.Condition(lock), verify.Condition(lock)))


# Two producers take the one place in one of two orders, and so do the consumers its item.
@verify.model(classes=4)
def semaphores() -> None:
    """Right: a permit cannot be given to the wrong side."""
    two_of_each(SemaphoreBuffer(1))


@verify.model(expect="deadlock", classes=1096)
def one_semaphore_as_a_signal() -> None:
    """Wrong: a permit that was meant for the other side is taken by a task that cannot use it."""
    two_of_each(SignallingBuffer(1))


def put_into(queue: "verify.Queue[int]", item: int) -> None:
    queue.put(item)


def get_from(queue: "verify.Queue[int]") -> None:
    queue.get()


# put, get, put, get: either producer may be first, and either consumer.
@verify.model(classes=4)
def with_a_queue() -> None:
    """Right: all of the above, done once and for all."""
    queue: verify.Queue[int] = verify.Queue(maxsize=1)
    run(
        [verify.Thread(target=put_into, args=(queue, item)) for item in (1, 2)]
        + [verify.Thread(target=get_from, args=(queue,)) for _ in range(2)]
    )


class Counter:
    """A counter in a restaurant with room for one dish, and one bell for everybody."""

    def __init__(self) -> None:
        self.bell = verify.Condition(verify.Lock())
        self.dishes = verify.Shared(0)

    def serve(self) -> None:
        with self.bell:
            while self.dishes.value == 1:
                self.bell.wait()
            self.dishes.value = 1
            self.bell.notify()

    def carry_away(self) -> None:
        with self.bell:
            while self.dishes.value == 0:
                self.bell.wait()
            self.dishes.value = 0
            self.bell.notify()


def cook(counter: Counter) -> None:
    counter.serve()


def waiter(counter: Counter, dishes: int) -> None:
    for _ in range(dishes):
        counter.carry_away()


@verify.model(expect="deadlock", classes=348)
def three_cooks_and_a_waiter() -> None:
    """Wrong: a cook rings, and another cook comes; the waiter sleeps beside the dish."""
    counter = Counter()
    cooks = [verify.Thread(target=cook, args=(counter,)) for _ in range(3)]
    run([*cooks, verify.Thread(target=waiter, args=(counter, 3))])
