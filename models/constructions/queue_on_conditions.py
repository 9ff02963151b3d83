"""A queue, built on three conditions over one lock: not empty, not full, all done.

The lock protects the items and the number of those that are not done. Each wait has a condition of
its own, so whoever is woken is one who can use what has happened: an item wakes a taker, room wakes
a putter, the last `task_done` wakes all joiners. On one condition for everything, a wake-up may go
to one who can do nothing with it and sleeps on, and be lost. And as everywhere, who was woken looks
again.

To try: give the queue of `one_condition_for_all` room for two. Does it still get stuck?
"""

from __future__ import annotations

from queue import Empty, Full

import verify

HEADING = "2.7 Queue"


class Queue:
    """As `verify.Queue`. Each time that it has to wait again, it may take all of its time."""

    def __init__(self, maxsize: int = 0) -> None:
        self.maxsize = maxsize
        self.mutex = verify.Lock()
        self.not_empty = verify.Condition(self.mutex)
        self.not_full = verify.Condition(self.mutex)
        self.all_tasks_done = verify.Condition(self.mutex)
        self.items = verify.Shared[tuple[int, ...]](())
        self.unfinished = verify.Shared(0)

    def put(self, item: int, block: bool = True, timeout: float | None = None) -> None:
        with self.mutex:
            while 0 < self.maxsize <= len(self.items.value):
                if not block or not self.not_full.wait(timeout):
                    raise Full
            self.items.value += (item,)
            self.unfinished.value += 1
            self.not_empty.notify()

    def get(self, block: bool = True, timeout: float | None = None) -> int:
        with self.mutex:
            while not self.items.value:
                if not block or not self.not_empty.wait(timeout):
                    raise Empty
            item, *rest = self.items.value
            self.items.value = tuple(rest)
            self.not_full.notify()
            return item

    def put_nowait(self, item: int) -> None:
        self.put(item, block=False)

    def get_nowait(self) -> int:
        return self.get(block=False)

    def qsize(self) -> int:
        with self.mutex:
            return len(self.items.value)

    def task_done(self) -> None:
        with self.mutex:
            unfinished = self.unfinished.value - 1
            if unfinished < 0:
                raise ValueError("task_done() called too many times")
            self.unfinished.value = unfinished
            if unfinished == 0:
                self.all_tasks_done.notify_all()

    def join(self) -> None:
        with self.mutex:
            while self.unfinished.value:
                self.all_tasks_done.wait()


class OneConditionForAll(Queue):
    """Everybody stands in the same line."""

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__(maxsize)
        self.not_full = self.all_tasks_done = self.not_empty


class LooksOnce(Queue):
    """Takes for granted that the item is there for which it was woken."""

    def get(self, block: bool = True, timeout: float | None = None) -> int:
        with self.mutex:
            if not self.items.value:
                self.not_empty.wait()
            item, *rest = self.items.value
            self.items.value = tuple(rest)
            self.not_full.notify()
            return item


class TellsOneJoiner(Queue):
    """All is done, and one of those who wait for it is told."""

    def task_done(self) -> None:
        with self.mutex:
            self.unfinished.value -= 1
            if self.unfinished.value == 0:
                self.all_tasks_done.notify()


def putter(queue: Queue, item: int) -> None:
    queue.put(item)


def taker(queue: Queue) -> None:
    queue.get()


def worker(queue: Queue, done: verify.Atomic[int]) -> None:
    queue.get()
    done.add(1)
    queue.task_done()


def joiner(queue: Queue, done: verify.Atomic[int]) -> None:
    queue.join()
    assert done.load() == 1, "joined too early"


def run(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def two_of_each(queue: Queue) -> None:
    verify.invariant(lambda: len(queue.items.value) <= 1, "one place")
    run(
        *(verify.Thread(target=putter, args=(queue, item)) for item in (1, 2)),
        *(verify.Thread(target=taker, args=(queue,)) for _ in range(2)),
    )


def two_joiners(queue: Queue) -> None:
    done = verify.Atomic(0)
    queue.put(1)
    run(
        *(verify.Thread(target=joiner, args=(queue, done)) for _ in range(2)),
        verify.Thread(target=worker, args=(queue, done)),
    )


# The numbers of classes are enumerated without the explorer in tests/counts.


@verify.model(classes=56)
def one_place() -> None:
    """Right: two producers, two consumers, and room for one item."""
    queue = Queue(1)
    two_of_each(queue)
    assert queue.qsize() == 0


@verify.model(expect="deadlock", classes=60)
def one_condition_for_all() -> None:
    """Wrong: room for a producer wakes another consumer, who goes back to sleep."""
    two_of_each(OneConditionForAll(1))


@verify.model(expect="exception", classes=56)
def looks_once() -> None:
    """Wrong: one is woken, another one comes first, and nothing is left to take."""
    two_of_each(LooksOnce(1))


@verify.model(classes=22)
def joined() -> None:
    """Right: both are told when the work is done, and not before."""
    two_joiners(Queue())


@verify.model(expect="deadlock", classes=16)
def tells_one_joiner() -> None:
    """Wrong: the other one sleeps for ever."""
    two_joiners(TellsOneJoiner())
