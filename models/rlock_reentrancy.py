"""Reentrancy: a method that holds the lock calls another one that takes it too.

A Lock does not know who holds it, so its owner waits for itself. An RLock knows its owner and
counts: it is free again after as many releases as acquisitions, and nobody else may release it. A
condition's `wait` lets it go whole, however often it was taken, and takes it back just as often.

To try: give `depth_survives_wait` a second customer, and one bottle too few. Who waits for whom?
"""

from __future__ import annotations

import verify

HEADING = "2.3 RLock"


class Stock:
    """Bottles on a shelf. `take_two` is built from `take`, and both take the lock."""

    def __init__(self, lock: verify.Lock | verify.RLock, bottles: int) -> None:
        self.lock = lock
        self.restocked = verify.Condition(lock)
        self.bottles = verify.Shared(bottles)

    def take(self) -> None:
        with self.lock:
            self.bottles.value -= 1

    def take_two(self) -> None:
        with self.lock:
            self.take()
            self.take()

    def take_when_there(self) -> None:
        with self.lock, self.lock:
            while self.bottles.value == 0:
                self.restocked.wait()
            self.take()

    def restock(self) -> None:
        with self.lock:
            self.bottles.value += 1
            self.restocked.notify()


def customer(stock: Stock) -> None:
    stock.take_two()


def patient_customer(stock: Stock) -> None:
    stock.take_when_there()


def supplier(stock: Stock) -> None:
    stock.restock()


def owner(lock: verify.RLock, taken: verify.Semaphore, tried: verify.Semaphore) -> None:
    with lock:
        taken.release()
        tried.acquire()


def impostor(lock: verify.RLock, taken: verify.Semaphore, tried: verify.Semaphore) -> None:
    taken.acquire()
    try:
        lock.release()
    finally:
        tried.release()


def run(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


# Two customers, one after the other: 2!.
@verify.model(classes=2)
def reentrant() -> None:
    """Right: the owner takes its lock again, and others wait for its last release."""
    stock = Stock(verify.RLock(), 4)
    run(*(verify.Thread(target=customer, args=(stock,)) for _ in range(2)))
    assert stock.bottles.value == 0


# Whoever is first waits for itself, the other one for the first.
@verify.model(expect="deadlock", classes=2)
def not_reentrant() -> None:
    """Wrong: the same code with a Lock. Its owner waits for itself."""
    stock = Stock(verify.Lock(), 4)
    run(*(verify.Thread(target=customer, args=(stock,)) for _ in range(2)))


# The customer comes first and waits, or the supplier does and it need not.
@verify.model(classes=2)
def depth_survives_wait() -> None:
    """Right: `wait` lets both levels go, else nobody could restock, and gets both back."""
    stock = Stock(verify.RLock(), 0)
    run(
        verify.Thread(target=patient_customer, args=(stock,)),
        verify.Thread(target=supplier, args=(stock,)),
    )
    assert stock.bottles.value == 0


# Everything is in one order: taken, tried, let go.
@verify.model(expect="exception", classes=1)
def released_by_another() -> None:
    """Wrong: only the owner releases. The impostor gets a RuntimeError, the owner keeps it."""
    lock, taken, tried = verify.RLock(), verify.Semaphore(0), verify.Semaphore(0)
    run(
        verify.Thread(target=owner, args=(lock, taken, tried)),
        verify.Thread(target=impostor, args=(lock, taken, tried)),
    )
