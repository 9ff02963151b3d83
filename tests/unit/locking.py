"""Programs that deadlock on what tasks hold, or by a predicate that nobody can judge."""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.deadlocking import run
from verify import Condition, Lock, Process, RLock, Semaphore, Shared, Thread


def crossed() -> None:
    a = Lock()
    b = Lock()

    def left() -> None:
        with a:  # noqa: SIM117 (left takes a)
            with b:  # (left wants b)
                pass

    def right() -> None:
        with b:  # noqa: SIM117 (right takes b)
            with a:  # (right wants a)
                pass

    run(left, right)


def crossed_semaphores() -> None:
    a = Semaphore(1)
    b = Semaphore(1)

    def left() -> None:
        a.acquire()  # (left takes semaphore a)
        b.acquire()  # (left wants semaphore b)
        b.release()
        a.release()

    def right() -> None:
        with b:  # noqa: SIM117 (right takes semaphore b)
            with a:  # (right wants semaphore a)
                pass

    run(left, right)


def philosophers() -> None:
    forks = [Lock() for _ in range(3)]

    def philosopher(seat: int) -> Callable[[], None]:
        def philosopher() -> None:
            with forks[seat], forks[(seat + 1) % 3]:
                pass

        return philosopher

    run(philosopher(0), philosopher(1), philosopher(2))


def join_under_lock() -> None:
    lock = Lock()

    def worker() -> None:
        with lock:  # (worker wants the lock)
            pass

    task = Thread(target=worker)
    with lock:  # (main takes the lock)
        task.start()
        task.join()  # (main joins)


def twice() -> None:
    guard = Lock()

    def outer() -> None:
        with guard:  # (outer takes)
            inner()

    def inner() -> None:
        with guard:  # (inner wants)
            pass

    run(outer)


def left_held() -> None:
    guard = RLock()

    def leaver() -> None:
        guard.acquire()  # (leaver takes)

    def waiter() -> None:
        with guard:  # (waiter wants)
            pass

    run(leaver, waiter)


def copied_while_held() -> None:
    guard = Lock(shared=False)

    def holder() -> None:
        with guard:  # (holder takes)
            pass

    def child() -> None:
        with guard:  # (child wants)
            pass

    thread, process = Thread(target=holder), Process(target=child, name="child")
    thread.start()
    process.start()  # (main forks)
    process.join()


def sleeps_with_lock() -> None:
    outer = Lock()
    cond = Condition()
    ready = Shared(False)

    def waiter() -> None:
        with outer, cond:
            while not ready.value:
                cond.wait()  # (waiter sleeps with outer)

    def setter() -> None:
        with outer, cond:  # (setter wants outer)
            ready.value = True
            cond.notify()

    run(waiter, setter)


def sleeps_with_mutex() -> None:
    mutex = Semaphore(1)
    room = Semaphore(1)

    def producer() -> None:
        for _ in range(2):
            mutex.acquire()
            room.acquire()  # (producer wants room)
            mutex.release()

    def consumer() -> None:
        mutex.acquire()  # (consumer wants mutex)
        room.release()
        mutex.release()

    run(producer, consumer)


# ---------------------------------------------------------------- predicates that tell nothing


def predicate_with_side_effect() -> None:
    cond = Condition()
    tried = Shared(0)

    def counted() -> bool:
        tried.value += 1
        return tried.value > 5

    def waiter() -> None:
        with cond:
            cond.wait_for(counted)

    run(waiter)


def predicate_that_raises() -> None:
    cond = Condition()
    settings = {"ready": False}

    def waiter() -> None:
        with cond:
            cond.wait_for(lambda: settings["ready"])

    def setter() -> None:
        with cond:
            settings.clear()

    run(waiter, setter)


def predicate_of_stale_variable() -> None:
    cond = Condition()
    count = Shared(0)

    def waiter() -> None:
        with cond:
            enough = count.value > 0
            while not enough:
                print("trying", enough := count.value > 0)
                cond.wait()

    def setter() -> None:
        with cond:
            count.value = 1

    run(waiter, setter)
