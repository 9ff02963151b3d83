"""Eight processes hammer one semaphore, one queue and one condition; the books are kept elsewhere.

Everything that is asserted is read from raw shared memory, in which each process alone writes its
own row, so that no primitive vouches for itself:

* **nothing lost**: what was put into the queue and what was taken out have the same sum; the word
  COUNTER, a plain read and write under the condition's lock, has grown by one for every round;
* **the bound**: a process's SEQUENCE is odd while it holds a permit, and only grows. If two scans
  of all sequences find the same numbers, all of them held at the moment between the scans, so more
  than BOUND odd ones would be a bound exceeded;
* **order**: a process takes items in the order of the queue, so those of one producer come to it in
  the order in which they were put.
"""

from __future__ import annotations

import mmap
import os
import signal
import time
from functools import partial
from typing import NamedTuple

import verify

WORKERS = 8
BOUND = 3
A_ROUND = 7  # acquire, release, put, get, acquire, notify, release
WAIT_EVERY = 50
SCAN_EVERY = 5

PID, OPERATIONS, SEQUENCE, PUT, TAKEN, SCANS, WRONG = range(7)
ROW = 8
COUNTER = WORKERS * ROW
FINISHED = COUNTER + 1
PAUSED = COUNTER + 2
WORDS = COUNTER + 8


class Books(NamedTuple):
    """The tally of a hammering, from outside."""

    pids: list[int]
    operations: list[int]
    put: int
    taken: int
    rounds_counted: int
    scans: int
    wrong: int
    elapsed: float
    cpu_seconds: float

    def __str__(self) -> str:
        rate = sum(self.operations) / self.elapsed
        cores = self.cpu_seconds / self.elapsed
        return f"{sum(self.operations)} operations, {rate:,.0f}/s, {cores:.2f} cores"


def hammer(rounds: int, victim: int | None = None) -> Books:
    """To be called as a program on processes; the victim is killed half-way, holding nothing."""
    books = memoryview(mmap.mmap(-1, 8 * WORDS)).cast("q")
    permits = verify.Semaphore(BOUND)
    queue = verify.Queue[tuple[int, int]](2)
    turn = verify.Condition()
    survivors = WORKERS if victim is None else WORKERS - 1

    def scan() -> list[int]:
        return [books[worker * ROW + SEQUENCE] for worker in range(WORKERS)]

    def moved_on(count: int) -> bool:
        return books[COUNTER] != count or books[FINISHED] == survivors - 1

    def work(worker: int) -> None:
        row = worker * ROW
        books[row + PID] = os.getpid()
        newest: dict[int, int] = {}
        for number in range(rounds):
            if worker == victim and number == rounds // 2:
                books[PAUSED] = 1
                signal.pause()
            with permits:
                books[row + SEQUENCE] += 1
                if number % SCAN_EVERY == 0:
                    seen = scan()
                    if seen == scan():
                        books[row + SCANS] += 1
                        books[row + WRONG] += sum(value & 1 for value in seen) > BOUND
                books[row + SEQUENCE] += 1
            queue.put((worker, number))
            books[row + PUT] += number + 1
            producer, item = queue.get()
            books[row + TAKEN] += item + 1
            books[row + WRONG] += item <= newest.get(producer, -1)
            newest[producer] = item
            with turn:
                count = books[COUNTER] + 1
                books[COUNTER] = count
                turn.notify()
                if number % WAIT_EVERY == WAIT_EVERY - 1 and worker != victim:
                    turn.wait_for(partial(moved_on, count))
            books[row + OPERATIONS] += A_ROUND
        with turn:
            books[FINISHED] += 1
            turn.notify_all()

    workers = [verify.Process(target=work, args=(worker,)) for worker in range(WORKERS)]
    began, used = time.perf_counter(), sum(os.times()[:4])
    for process in workers:
        process.start()
    if victim is not None:
        while not books[PAUSED]:
            verify.sleep(0.005)
        os.kill(books[victim * ROW + PID], signal.SIGKILL)
    for process in workers:
        process.join()
    elapsed, used = time.perf_counter() - began, sum(os.times()[:4]) - used
    expected = [-signal.SIGKILL if worker == victim else 0 for worker in range(WORKERS)]
    assert [process.exitcode for process in workers] == expected
    assert queue.empty()

    def column(field: int) -> list[int]:
        return [books[worker * ROW + field] for worker in range(WORKERS)]

    return Books(
        pids=column(PID),
        operations=column(OPERATIONS),
        put=sum(column(PUT)),
        taken=sum(column(TAKEN)),
        rounds_counted=books[COUNTER],
        scans=sum(column(SCANS)),
        wrong=sum(column(WRONG)),
        elapsed=elapsed,
        cpu_seconds=used,
    )
