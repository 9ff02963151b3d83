"""A pool: more tasks than workers, and what becomes of a task whose worker dies.

A few worker processes share a list of tasks. Who is free takes the next one, so a worker is used
again and again, and nobody knows beforehand who does what. The owner submits tasks, closes the pool
(no more will come) and joins it: the workers end when there is nothing left to do. To join a pool
that is still open is an error, since it would never end.

Between taking a task and answering, the task is in the hands of one worker only. If that one dies,
the task is gone, and with nothing but a queue of tasks and a queue of answers nobody even notices:
the owner waits for one answer more than will come. Somebody must note who has what, in the same
step in which it is taken. `verify.Pool` does, and whoever waits for the lost one is told.

To try: a second deadly task in `lost_and_done_again`. How many workers does it take?
"""

from __future__ import annotations

import sys

import verify

HEADING = "1.7 Pool"


def square(n: int) -> int:
    return n * n


def deadly(n: int) -> int:
    """A task that takes its worker along."""
    sys.exit(n)


def worker(tasks: verify.Queue[int], answers: verify.Queue[int], mortal: bool) -> None:
    """A worker of a pool that somebody built by hand: 0 is the end."""
    while n := tasks.get():
        if mortal:
            return  # it dies
        answers.put(square(n))


def by_hand(mortal: bool) -> None:
    """Two tasks for two workers, and an end for each; the first of them may be mortal."""
    tasks: verify.Queue[int] = verify.Queue()
    answers: verify.Queue[int] = verify.Queue()
    for n in (1, 2, 0, 0):
        tasks.put(n)
    for flag in (mortal, False):
        verify.Process(target=worker, args=(tasks, answers, flag)).start()
    assert sorted(answers.get() for _ in range(2)) == [1, 4]


# The numbers of classes are enumerated without the explorer in tests/counts.


# Three tasks are taken and finished by two workers.
@verify.model(classes=32)
def more_tasks_than_workers() -> None:
    """Right: every answer comes, whoever does what, and some worker is used again."""
    pool = verify.Pool(2)
    assert pool.map(square, (1, 2, 3), chunksize=1) == [1, 4, 9]
    pool.close()
    pool.join()


# Main finds it open before the worker has taken the task, before it has finished it, or after.
@verify.model(expect="exception", classes=3)
def joined_before_closing() -> None:
    """Wrong: ValueError, the pool is still running."""
    pool = verify.Pool(1)
    pool.apply_async(square, (2,))
    pool.join()


@verify.model(classes=24, suppress=["leaked_task"])
def built_by_hand() -> None:
    """Right, as long as nobody dies."""
    by_hand(mortal=False)


@verify.model(expect="deadlock", classes=6, suppress=["leaked_task"])
def lost_with_its_worker() -> None:
    """Wrong: the mortal worker takes a task along, and the owner waits for its answer for ever."""
    by_hand(mortal=True)


@verify.model(classes=52)
def lost_and_done_again() -> None:
    """Right: the owner is told, and submits it again."""
    pool = verify.Pool(2)
    results = [pool.apply_async(task, (3,)) for task in (deadly, square)]
    answers = []
    for result in results:
        try:
            answers.append(result.get())
        except verify.OwnerDied:
            answers.append(pool.apply(square, (3,)))
    pool.close()
    pool.join()
    assert answers == [9, 9]
