"""Programs that deadlock, each in one way; the marks in brackets are lines that a report names."""

from __future__ import annotations

from collections.abc import Callable

from verify import (
    Barrier,
    Condition,
    Descriptor,
    Event,
    Lock,
    Queue,
    Semaphore,
    Shared,
    Thread,
)


def run(*targets: Callable[[], object]) -> None:
    """Start a task for each target, in this order, and wait for all."""
    tasks = [Thread(target=target) for target in targets]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


# ---------------------------------------------------------------- the wrong task is woken


def one_condition() -> None:
    cond = Condition()
    count = Shared(0)

    def producer() -> None:
        with cond:
            while count.value == 1:
                cond.wait()
            count.value = 1
            cond.notify()

    def consumer() -> None:
        with cond:
            while count.value == 0:
                cond.wait()
            count.value = 0
            cond.notify()  # (consumer notifies)

    run(producer, producer, consumer, consumer)


class Shelf:
    """One place, kept in plain attributes under one condition."""

    def __init__(self) -> None:
        self.__room = 1
        self.changed = Condition(Lock())
        self.loaves: list[str] = []

    def fill(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: len(self.loaves) < self.__room)
            self.loaves.append("loaf")
            self.changed.notify()  # (baker notifies)

    def clear(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.loaves)
            self.loaves.pop()
            self.changed.notify()


def three_bakers() -> None:
    shelf = Shelf()

    def baker() -> None:
        shelf.fill()

    def guest() -> None:
        for _ in range(3):
            shelf.clear()

    run(baker, baker, baker, guest)


def changed_semaphore() -> None:
    mutex = Lock()
    changed = Semaphore(0)
    count = Shared(0)

    def producer() -> None:
        mutex.acquire()
        while count.value == 1:
            mutex.release()
            changed.acquire()
            mutex.acquire()
        count.value = 1
        changed.release()
        mutex.release()

    def consumer() -> None:
        mutex.acquire()
        while count.value == 0:
            mutex.release()
            changed.acquire()
            mutex.acquire()
        count.value = 0
        changed.release()  # (consumer releases)
        mutex.release()

    run(producer, producer, consumer, consumer)


def changed_semaphore_endless_loop() -> None:
    mutex = Semaphore(1)
    changed = Semaphore(0)
    count = Shared(0)

    def producer() -> None:
        while True:
            with mutex:
                if count.value < 1:
                    count.value = 1
                    changed.release()
                    return
            changed.acquire()

    def consumer() -> None:
        while True:
            with mutex:
                if count.value > 0:
                    count.value = 0
                    changed.release()  # (consumer releases in a loop)
                    break
            changed.acquire()

    run(producer, producer, consumer, consumer)


def wake_one() -> None:
    door = Descriptor(wake="one")

    def server() -> None:
        while not door.ready():
            door.wait()  # (servers wait)
        door.take()

    def client() -> None:
        door.deliver(3)  # (client delivers)

    run(server, server, server, client)


# ---------------------------------------------------------------- nobody wakes them


def notify_before_wait() -> None:
    cond = Condition()
    ready = Shared(False)

    def setter() -> None:
        with cond:
            ready.value = True
            cond.notify()  # (setter notifies)

    def waiter() -> None:
        if not ready.value:
            with cond:
                cond.wait()  # (waiter waits)

    run(setter, waiter)


def wait_without_test() -> None:
    cond = Condition()

    def setter() -> None:
        with cond:
            cond.notify()  # (untested notify)

    def waiter() -> None:
        with cond:
            cond.wait()  # (untested wait)

    run(setter, waiter)


def wrong_condition() -> None:
    lock = Lock()
    not_full, not_empty = Condition(lock), Condition(lock)
    count = Shared(0)

    def put() -> None:
        with lock:
            count.value = 1  # (put counts)
            not_full.notify()

    def get() -> None:
        with lock:
            while count.value == 0:
                not_empty.wait()  # (get waits)

    run(put, get)


def one_item_too_few() -> None:
    cond = Condition()
    count = Shared(0)

    def getter() -> None:
        with cond:
            while not (count.value > 0 and True):
                cond.wait()  # (getter waits)
            count.value -= 1

    def putter() -> None:
        with cond:
            count.value += 1
            cond.notify()  # (putter notifies)

    run(getter, getter, putter)


def changed_and_came_back() -> None:
    cond = Condition()
    count = Shared(0)
    total = Shared(0)

    def getter() -> None:
        with cond:
            for _ in range(2):
                while count.value == 0:
                    cond.wait()
                count.value = 0
                total.value += 1  # (getter counts)

    def watcher() -> None:
        with cond:
            while total.value == 0:
                cond.wait()

    def putter() -> None:
        with cond:
            count.value = 1
            cond.notify()

    run(getter, watcher, putter)


def fell_asleep_later() -> None:
    cond = Condition()
    x, y = Shared(False), Shared(False)

    def early() -> None:
        with cond:
            while not x.value:
                cond.wait()

    def poker() -> None:
        with cond:
            cond.notify()

    def late() -> None:
        with cond:
            while not y.value:
                cond.wait()

    def setter() -> None:
        with cond:
            y.value = True  # (setter sets y)

    run(early, poker, late, setter)


def pulse() -> None:
    go = Event()

    def pulser() -> None:
        go.set()
        go.clear()
        go.set()  # (pulser sets)
        go.clear()  # (pulser clears)

    def waiter() -> None:
        go.wait()  # (waiter sleeps)

    run(pulser, waiter)


def never_set() -> None:
    go = Event()
    run(go.wait)


def empty_queue() -> None:
    orders = Queue[str]()

    def cook() -> None:
        orders.get()  # (cook gets)

    run(cook)


def full_queue() -> None:
    orders = Queue[str](1)

    def waiter() -> None:
        orders.put("tea")
        orders.put("cake")  # (waiter puts)

    run(waiter)


def unfinished_queue() -> None:
    orders = Queue[str]()

    def waiter() -> None:
        orders.put("tea")
        orders.join()  # (waiter joins)

    run(waiter)


def short_barrier() -> None:
    gate = Barrier(3)

    def walker() -> None:
        gate.wait()  # (walker waits)

    run(walker, walker)


def signals_once() -> None:
    signal = Semaphore(0)

    def worker() -> None:
        signal.acquire()  # (worker acquires)

    def boss() -> None:
        signal.release()  # (boss releases)

    run(boss, worker, worker)
