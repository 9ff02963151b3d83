"""Pools whose workers are killed, or spawned; and pools where processes share nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

import verify
from tests.processes.watching import SOON
from verify.errors import Misuse, OwnerDied
from verify.scheduling.processes import ProcessScheduler
from verify.scheduling.threads import ThreadScheduler
from verify.sync.items import Fifo
from verify.sync.ledger import Finished, Ledger, Task


def work(n: int) -> int:
    """Does not live through task 0."""
    if n == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def square(n: int) -> int:
    return n * n


def test_the_task_of_a_killed_worker_is_not_lost_in_silence(scheduler: ProcessScheduler) -> None:
    pool = verify.Pool(2)
    lost = pool.apply_async(work, (0,))
    others = [pool.apply_async(work, (n,)) for n in (1, 2, 3)]
    began = time.monotonic()
    with pytest.raises(OwnerDied, match="a worker died before it was done with task 0"):
        lost.get(SOON)
    assert time.monotonic() - began < SOON / 2
    with pytest.raises(OwnerDied):
        lost.wait()
    assert len({other.get(SOON) for other in others}) == 1, "the worker that is left did them all"
    pool.close()
    pool.join()
    assert not lost.ready()


def test_a_pool_in_words() -> None:
    begun = Task(1, work, (0,), ())
    waiting = Task(2, square, (3,), (("unit", "m"),))
    failed = Finished(0, False, KeyError("lost"))
    ledger = Ledger(Fifo.of([waiting]), ((begun.number, 7),), (failed,), 3, closed=False)
    shown = verify.Pool.show(ledger, lambda task: f"worker {task}")
    assert shown == "1 to do, task 1 with worker 7, task 0: raised KeyError('lost'), open"
    assert repr(waiting) == "task 2: square(3, unit='m')"


def test_a_map_of_which_one_task_is_lost(scheduler: ProcessScheduler) -> None:
    pool = verify.Pool(2)
    with pytest.raises(OwnerDied, match="task 0 or 1 or 2"):
        pool.map(work, (1, 0, 2), chunksize=1)


def test_workers_that_are_spawned(processes: Callable[..., ProcessScheduler]) -> None:
    processes("spawn")
    pool = verify.Pool(1)
    assert pool.map(square, (1, 2, 3)) == [1, 4, 9]
    pool.close()
    pool.join()


@pytest.mark.parametrize("disposable", [False, True])
def test_on_threads_a_pool_is_refused_before_it_starts(disposable: bool) -> None:
    """Its workers could not reach the list of tasks, and whoever waited would wait for ever."""
    scheduler = ThreadScheduler(disposable=disposable)
    before = verify.scheduling.scheduler.activate(scheduler)
    try:
        with pytest.raises(Misuse, match=r"is a Process.*--on processes"):
            verify.Pool(2)
    finally:
        verify.scheduling.scheduler.activate(before)
    assert scheduler.blocked() == []


def test_the_everyday_scheduler_refuses_it_too() -> None:
    with pytest.raises(Misuse, match="is given an object of its parent"):
        verify.Pool(1)
