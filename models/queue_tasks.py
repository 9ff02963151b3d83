"""A queue that knows when all is done: `put`, `get`, `task_done`, `join`.

Every item that was put in must be reported done, once. `join` sleeps while something is unfinished.
One report too many is an error. One too early, before the work, and `join` returns before the work
is done; it does so too if it is asked before anything was put in. One that never comes, because the
consumer failed in the middle, and `join` sleeps for ever: so it belongs into a `finally`.

To try: in `joined_before_the_first`, let main join the producer first.
"""

import verify

HEADING = "2.7 Queue"

ROTTEN = 0


class Rotten(Exception):
    """Nothing can be done with this item."""


class Kitchen:
    """Items to work on, and how many have been worked on."""

    def __init__(self) -> None:
        self.items: verify.Queue[int] = verify.Queue()
        self.worked_on = verify.Atomic(0)

    def work(self, item: int) -> None:
        if item == ROTTEN:
            raise Rotten
        self.worked_on.add(1)


def producer(kitchen: Kitchen, *items: int) -> None:
    for item in items:
        kitchen.items.put(item)


def consumer(kitchen: Kitchen) -> None:
    kitchen.work(kitchen.items.get())
    kitchen.items.task_done()


def consumer_who_reports_twice(kitchen: Kitchen) -> None:
    kitchen.work(kitchen.items.get())
    kitchen.items.task_done()
    kitchen.items.task_done()


def consumer_who_reports_first(kitchen: Kitchen) -> None:
    item = kitchen.items.get()
    kitchen.items.task_done()
    kitchen.work(item)


def consumer_who_gives_up(kitchen: Kitchen, count: int) -> None:
    try:
        for _ in range(count):
            kitchen.work(kitchen.items.get())
            kitchen.items.task_done()
    except Rotten:
        pass  # and goes home


def consumer_who_goes_on(kitchen: Kitchen, count: int) -> None:
    for _ in range(count):
        try:
            kitchen.work(kitchen.items.get())
        except Rotten:
            pass
        finally:
            kitchen.items.task_done()


# The numbers of classes are enumerated without the explorer in tests/counts.


@verify.model(classes=10)
def all_done() -> None:
    """Right: when `join` returns, both items have been worked on."""
    kitchen = Kitchen()
    producer(kitchen, 1, 2)
    for _ in range(2):
        verify.Thread(target=consumer, args=(kitchen,)).start()
    kitchen.items.join()
    assert kitchen.worked_on.load() == 2


# One consumer, one order; main looks on after the first report.
@verify.model(expect="exception", classes=1)
def reported_twice() -> None:
    """Wrong: ValueError, one report more than there were items."""
    kitchen = Kitchen()
    producer(kitchen, 1)
    verify.Thread(target=consumer_who_reports_twice, args=(kitchen,)).start()
    kitchen.items.join()


@verify.model(expect="assertion", classes=2)
def reported_too_early() -> None:
    """Wrong: `join` has returned, and the work is not done."""
    kitchen = Kitchen()
    producer(kitchen, 1)
    verify.Thread(target=consumer_who_reports_first, args=(kitchen,)).start()
    kitchen.items.join()
    assert kitchen.worked_on.load() == 1, "joined too early"


@verify.model(expect="assertion", classes=3)
def joined_before_the_first() -> None:
    """Wrong: nothing has been put in yet, so nothing is unfinished."""
    kitchen = Kitchen()
    verify.Thread(target=producer, args=(kitchen, 1)).start()
    verify.Thread(target=consumer, args=(kitchen,)).start()
    kitchen.items.join()
    assert kitchen.worked_on.load() == 1, "joined too early"


@verify.model(expect="deadlock", classes=1)
def dead_before_the_report() -> None:
    """Wrong: the consumer fails on the first item, and `join` waits for its report for ever."""
    kitchen = Kitchen()
    producer(kitchen, ROTTEN, 1)
    verify.Thread(target=consumer_who_gives_up, args=(kitchen, 2)).start()
    kitchen.items.join()


@verify.model(classes=1)
def reported_in_any_case() -> None:
    """Right: `finally` reports what has failed, too, and the next item is worked on."""
    kitchen = Kitchen()
    producer(kitchen, ROTTEN, 1)
    verify.Thread(target=consumer_who_goes_on, args=(kitchen, 2)).start()
    kitchen.items.join()
    assert kitchen.worked_on.load() == 1
