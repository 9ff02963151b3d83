"""Counters, latches, barriers: who counts, and who waits until all are counted."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from tests.idioms.programs.tasks import run


class Counter:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = 0

    def increment(self) -> None:
        with self.lock:
            self.value += 1


class UnlockedCounter(Counter):
    def increment(self) -> None:
        self.value += 1


def _counted_by_three(counter: Counter) -> None:
    run(counter.increment, counter.increment, counter.increment)
    assert counter.value == 3, "an increment was lost"


def counter() -> None:
    _counted_by_three(Counter())


def counter_unlocked() -> None:
    _counted_by_three(UnlockedCounter())


def _numbers(draw: Callable[[], int]) -> None:
    drawn: list[int] = []
    run(lambda: drawn.append(draw()), lambda: drawn.append(draw()))
    assert sorted(drawn) == [1, 2], "a number was given twice"


def serial_numbers() -> None:
    numbers = itertools.count(1)
    _numbers(lambda: next(numbers))


def serial_numbers_by_hand() -> None:
    last = 0

    def draw() -> int:
        nonlocal last
        last += 1
        return last

    _numbers(draw)


class Latch:
    """Opens when it was counted down to zero, and stays open."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.condition = threading.Condition()

    def count_down(self) -> None:
        with self.condition:
            self.count -= 1
            if self.count == 0:
                self.condition.notify_all()

    def wait(self) -> None:
        with self.condition:
            while self.count > 0:
                self.condition.wait()


class LatchCountedOutside(Latch):
    def count_down(self) -> None:
        self.count -= 1
        with self.condition:
            if self.count == 0:
                self.condition.notify_all()


def _opened_by_two(latch: Latch) -> None:
    arrived: list[str] = []

    def arrive() -> None:
        arrived.append("here")
        latch.count_down()

    def wait() -> None:
        latch.wait()
        assert len(arrived) == 2

    run(arrive, arrive, wait)


def latch() -> None:
    _opened_by_two(Latch(2))


def latch_counted_outside() -> None:
    _opened_by_two(LatchCountedOutside(2))


class CyclicBarrier:
    """Each round is a generation of its own: a thread waits for its generation to end."""

    def __init__(self, parties: int) -> None:
        self.parties = parties
        self.arrived = 0
        self.generation = 0
        self.condition = threading.Condition()

    def wait(self) -> None:
        with self.condition:
            generation = self.generation
            self.arrived += 1
            if self.arrived == self.parties:
                self.arrived = 0
                self.generation += 1
                self.condition.notify_all()
            while generation == self.generation:
                self.condition.wait()


class BarrierWithoutGenerations(CyclicBarrier):
    def wait(self) -> None:
        with self.condition:
            self.arrived += 1
            if self.arrived == self.parties:
                self.arrived = 0
                self.condition.notify_all()
            while self.arrived != 0:
                self.condition.wait()


def _two_rounds(barrier: CyclicBarrier) -> None:
    def rounds() -> None:
        barrier.wait()
        barrier.wait()

    run(rounds, rounds)


def cyclic_barrier() -> None:
    _two_rounds(CyclicBarrier(2))


def barrier_without_generations() -> None:
    _two_rounds(BarrierWithoutGenerations(2))


def _meeting(signal_first: bool) -> None:
    """Each signals its own arrival, then waits for the other's."""
    a_arrived, b_arrived = threading.Semaphore(0), threading.Semaphore(0)

    def a() -> None:
        if signal_first:
            a_arrived.release()
            b_arrived.acquire()
        else:
            b_arrived.acquire()
            a_arrived.release()

    def b() -> None:
        if signal_first:
            b_arrived.release()
            a_arrived.acquire()
        else:
            a_arrived.acquire()
            b_arrived.release()

    run(a, b)


def rendezvous() -> None:
    _meeting(signal_first=True)


def rendezvous_that_waits_first() -> None:
    _meeting(signal_first=False)
