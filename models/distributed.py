"""A master and workers that share nothing but a manager: what becomes of a task on its way.

A manager is a process that has a queue of tasks and a queue of results and lends them out over the
network, to whoever knows its address and its key. Master and workers hold *proxies*: each call is a
message to the manager, which makes the call on its own queue and sends back what came of it.

So a task that a worker has got is in no queue any more. If the worker dies before it has put the
result, the task is gone, and a master that waits for so many results waits for ever. The master
must remember what it has handed out, and hand it out again if no answer comes. Then a task may be
done twice, because the worker was only slow: answers bear the number of their task, and the second
one is thrown away. A time-out is a guess that costs work when it is wrong, and loses nothing.

Whatever is put into the master's own queue, behind the manager's back, stays there: the manager's
process has a copy. And whoever has another key is not let in.

`programs/task_master.py` and `task_worker.py`, beside this file, are the same for real.

To try: let the careful master count answers, not the numbers on them. How many tasks and workers
does it take until one is counted twice and another one never?
"""

from __future__ import annotations

import queue
import sys
from typing import Any

import verify

HEADING = "1.9 Distributed processes"

KEY = b"abc"


class QueueManager(verify.Manager):
    """Finds the two queues by their names."""


QueueManager.register("get_task_queue")
QueueManager.register("get_result_queue")


def manager_of(tasks: verify.Queue[Any], results: verify.Queue[Any]) -> verify.Manager:
    """A manager that has been started and serves these two."""

    class ServingManager(verify.Manager):
        pass

    ServingManager.register("get_task_queue", callable=lambda: tasks)
    ServingManager.register("get_result_queue", callable=lambda: results)
    manager = ServingManager(address=("127.0.0.1", 0), authkey=KEY)
    manager.start()
    return manager


def serving() -> tuple[verify.Manager, Any, Any]:
    """The manager of a master, and its proxies for tasks and results.

    Of queues that processes share nothing need be copied when the server is started; nobody but the
    server will use them.
    """
    tasks, results = verify.Queue[Any](), verify.Queue[Any]()
    manager = manager_of(tasks, results)
    return manager, manager.get_task_queue(), manager.get_result_queue()


def distant_worker(address: tuple[str, int], key: bytes = KEY) -> None:
    """A worker that knows nothing but an address and a key."""
    manager = QueueManager(address=address, authkey=key)
    manager.connect()
    work(manager.get_task_queue(), manager.get_result_queue())


def work(task: Any, result: Any) -> None:
    """Do what there is, again and again."""
    while True:
        n = task.get()
        result.put((n, n * n))


def work_and_maybe_crash(task: Any, result: Any) -> None:
    """The same with a worker who may drop dead over a task."""
    while True:
        n = task.get()
        if verify.choose([False, True]):
            sys.exit()
        result.put((n, n * n))


def trusting_master(task: Any, result: Any, numbers: set[int]) -> None:
    """Waits for as many results as there are tasks."""
    assert {result.get()[0] for _ in numbers} == numbers


def careful_master(task: Any, result: Any, numbers: set[int]) -> None:
    """Hands out again what is missing when time runs out: once, because one worker dies at most,
    and takes one task along. Of two tasks with one number, one is then left."""
    answers: dict[int, int] = {}
    for timeout in (10.0, None):
        try:
            while missing := sorted(numbers - answers.keys()):
                n, square = result.get(timeout=timeout)
                answers.setdefault(n, square)
        except queue.Empty:
            for n in missing:
                task.put(n)
    assert answers == {n: n * n for n in numbers}


# The numbers of classes are enumerated without the explorer in tests/counts.


@verify.model(classes=48, suppress=["leaked_task"])
def shared_out() -> None:
    """Right: two tasks, two workers, and each result comes once, whoever does what."""
    manager, task, result = serving()
    task.put(1)
    task.put(2)
    for _ in range(2):
        verify.Process(target=distant_worker, args=(manager.address,), daemon=True).start()
    assert sorted(result.get() for _ in range(2)) == [(1, 1), (2, 4)]


def one_dies(master: Any) -> None:
    """The first worker is killed, wherever it is; another one takes its place."""
    _, task, result = serving()
    task.put(1)
    first = verify.Process(target=work, args=(task, result), name="first", daemon=True)
    second = verify.Process(target=work, args=(task, result), name="second", daemon=True)
    first.start()
    first.kill()
    second.start()
    master(task, result, {1})


@verify.model(expect="deadlock", classes=10, suppress=["leaked_task"])
def lost_with_its_worker() -> None:
    """Wrong: killed between `get` and `put`, the first one takes the task along."""
    one_dies(trusting_master)


@verify.model(classes=37, suppress=["leaked_task"])
def handed_out_again() -> None:
    """Right: killed wherever it is, and whether the master was patient or not."""
    one_dies(careful_master)


def either_crashes(master: Any) -> None:
    """Two workers at the same time, one of which may drop dead over the task."""
    _, task, result = serving()
    task.put(1)
    for target in (work_and_maybe_crash, work):
        verify.Process(target=target, args=(task, result), daemon=True).start()
    master(task, result, {1})


@verify.model(expect="deadlock", classes=12, suppress=["leaked_task"])
def crashed_over_it() -> None:
    """Wrong: nobody hears of it."""
    either_crashes(trusting_master)


@verify.model(classes=128, suppress=["leaked_task"])
def done_by_the_other() -> None:
    """Right: whoever comes first to which of the two tasks."""
    either_crashes(careful_master)


@verify.model(expect="deadlock", classes=1)
def behind_the_managers_back() -> None:
    """Wrong: the task is put into a queue that only the master has."""
    tasks, results = verify.Queue[Any](shared=False), verify.Queue[Any](shared=False)
    manager = manager_of(tasks, results)
    result = manager.get_result_queue()
    tasks.put(1)
    verify.Process(target=distant_worker, args=(manager.address,), name="worker").start()
    assert result.get() == (1, 1)


@verify.model(expect="exception", classes=1)
def wrong_key() -> None:
    """Wrong: the worker is turned away with an error, and nobody else."""
    manager, *_ = serving()
    worker = verify.Process(target=distant_worker, args=(manager.address, b"abd"), name="worker")
    worker.start()
    worker.join()
