"""Deadlocks of those who wait for a future or a pool, in their words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import verify


def nobody_sets_it() -> None:
    future: verify.Future[int] = verify.Future()
    waiter = verify.Thread(target=future.result, name="waiter")
    waiter.start()
    waiter.join()


def its_task_needs_the_owner() -> None:
    lock = verify.Lock()

    def task() -> None:
        with lock:
            pass

    with lock:
        verify.Pool(1).apply(task)


def its_task_sleeps() -> None:
    bell = verify.Event()
    verify.Pool(1).apply(bell.wait)


def joined_by_another_way() -> None:
    pool = verify.Pool(1)
    worker = pool._workers[0]
    worker.join()  # the pool is not closed


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (nobody_sets_it, "waits for the result of future, and nobody is left to bring it"),
        (its_task_needs_the_owner, "main waits for pool_worker-1 to finish a task of pool"),
        (its_task_needs_the_owner, "Letting go of the lock before waiting for the outcome would"),
        (its_task_sleeps, "pool_worker-1 sleeps on bell"),
        (joined_by_another_way, "pool_worker-1 waits for a task of pool, and nobody is left"),
    ],
)
def test_why_nothing_moves(program: Callable[[], None], words: str) -> None:
    (failure,) = verify.explore(program).failures
    assert failure.kind == "deadlock"
    assert words in failure.trace.diagnosis, failure.trace.diagnosis
