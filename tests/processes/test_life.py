"""Life and death on the processes scheduler, beyond the battery: speed, kills, joins, cleanliness.

Nothing here waits for time to pass. A test learns that a task sleeps from `blocked()`, that it is
dead from its join, and everything that must come "soon" is bounded by the time-out of a join.
"""

from __future__ import annotations

import itertools
import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from math import ceil
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

import verify
from tests.processes import hammering, spawned
from tests.processes.watching import (
    SOON,
    failures,
    kill,
    pid,
    start,
    until,
)
from verify.errors import Misuse, OwnerDied, TaskKilled
from verify.scheduling.arena import MAX_TASKS
from verify.scheduling.processes import ProcessScheduler

NIGHTLY = pytest.mark.nightly

# The hammer


@pytest.mark.parametrize("operations", [100_000, pytest.param(1_000_000, marks=NIGHTLY)])
@pytest.mark.parametrize("victim", [None, 7])
def test_eight_processes_hammer(
    scheduler: ProcessScheduler,
    victim: int | None,
    operations: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At least so many operations: 8 workers, 7 operations a round; a victim does half of its
    rounds, so for a million 17 858 rounds are enough without one and 19 048 with one. Each worker
    then has an eighth, and the victim half as much: 6.7 %."""
    rounds = ceil(operations / (7 * (8 if victim is None else 7.5)))
    books = hammering.hammer(rounds, victim)
    with capsys.disabled():
        print(f"\n  {'hammer' if victim is None else 'hammer, one killed'}: {books}")
    done = [rounds // 2 if worker == victim else rounds for worker in range(hammering.WORKERS)]
    assert books.operations == [hammering.A_ROUND * each for each in done]
    assert sum(books.operations) >= operations
    assert min(books.operations) >= 0.05 * sum(books.operations)
    assert len(set(books.pids)) == hammering.WORKERS and os.getpid() not in books.pids
    assert books.put == books.taken == sum(each * (each + 1) // 2 for each in done)
    assert books.rounds_counted == sum(done)
    assert books.scans > 0 and books.wrong == 0
    assert scheduler.failures == []


def test_hundreds_of_tasks_take_no_more_memory_than_a_few(scheduler: ProcessScheduler) -> None:
    """Entries and objects of what has ended are used again: the heap stops growing."""

    def program() -> None:
        lock, total = verify.Lock(), verify.Shared(0)

        def add() -> None:
            with lock:
                total.value += 1

        for process in (tasks := start(add, add)):
            process.join()
        assert total.value == len(tasks)

    def used() -> int:
        return scheduler.memory_used

    for _ in range(25):
        program()
    settled = used()
    for _ in range(50):
        program()
    assert used() == settled


# Death


def test_who_is_killed_holding_nothing_is_not_missed(scheduler: ProcessScheduler) -> None:
    """Killed in its sleep on a condition, first in line: the notify goes to the second."""
    condition, told = verify.Condition(), verify.Shared(0)

    def wait() -> None:
        with condition:
            condition.wait()
            told.value += 1

    def asleep() -> int:
        return sum(task.operation == "wake" for task in scheduler.blocked())

    first, *_ = start(wait)
    until(lambda: asleep() == 1)
    second, *_ = start(wait)
    until(lambda: asleep() == 2)
    kill(scheduler, first)
    first.join()
    with condition:
        condition.notify()
    second.join(SOON)
    assert (first.exitcode, second.exitcode, told.value) == (-signal.SIGKILL, 0, 1)


def test_a_wake_up_passes_over_a_dead_sleeper(scheduler: ProcessScheduler) -> None:
    """The same for a line of takers: one permit comes, the first in line is dead."""
    permits = verify.Semaphore(0)
    first, *_ = start(permits.acquire)
    until(lambda: len(scheduler.blocked()) == 1)
    second, *_ = start(permits.acquire)
    until(lambda: len(scheduler.blocked()) == 2)
    kill(scheduler, first)
    first.join()
    permits.release()
    second.join(SOON)
    assert second.exitcode == 0 and permits._scheduler.wakeups(permits._cell) == 1


@pytest.mark.parametrize("what", ["lock", "permit", "item"])
def test_who_dies_between_its_wake_up_and_its_turn_is_not_missed(
    scheduler: ProcessScheduler, what: str
) -> None:
    """The first in line is stopped, woken and killed: what it was woken for is the second one's."""
    lock, permits, queue = verify.Lock(), verify.Semaphore(0), verify.Queue[int]()
    take = {"lock": lock.acquire, "permit": permits.acquire, "item": queue.get}[what]
    give = {"lock": lock.release, "permit": permits.release, "item": partial(queue.put, 1)}[what]
    lock.acquire()
    first, *_ = start(take)
    until(lambda: len(scheduler.blocked()) == 1)
    second, *_ = start(take)
    until(lambda: len(scheduler.blocked()) == 2)
    os.kill(pid(scheduler, first), signal.SIGSTOP)
    give()
    kill(scheduler, first)
    second.join(SOON)
    assert (first.exitcode, second.exitcode) == (-signal.SIGKILL, 0)


@pytest.mark.parametrize("asleep_before", [True, False])
def test_who_waits_for_a_dead_owner_is_told(
    scheduler: ProcessScheduler, asleep_before: bool
) -> None:
    lock, held = verify.Lock(), verify.Event()

    def hold() -> None:
        lock.acquire()
        held.set()
        signal.pause()

    owner, *_ = start(hold)
    assert held.wait(SOON)
    if asleep_before:
        waiter, *_ = start(lock.acquire)
        until(lambda: any(task.operation == "acquire" for task in scheduler.blocked()))
    number = pid(scheduler, owner)
    kill(scheduler, owner)
    began = time.monotonic()
    if asleep_before:
        waiter.join(SOON)
        message = failures(scheduler)[0].message
    else:
        owner.join()
        with pytest.raises(OwnerDied) as caught:
            lock.acquire()
        message = str(caught.value)
    assert time.monotonic() - began < 1.0
    assert f"Lock 1 is held by task hold-1 (process {number}), which died" in message


def test_who_ends_holding_a_lock_leaves_it_held(scheduler: ProcessScheduler) -> None:
    """An end is no death: the lock stays held, and another may release it."""
    lock = verify.Lock()
    owner, *_ = start(lock.acquire)
    owner.join()
    assert not lock.acquire(timeout=0.6)  # longer than the time between two looks at the owner
    lock.release()
    assert lock.acquire(False)


def test_who_dies_inside_an_operation_breaks_the_object(scheduler: ProcessScheduler) -> None:
    """A comparison is the only user code in a step: here it kills its own process there."""
    box, other = verify.Atomic[Any](0), verify.Atomic(0)

    def die_comparing() -> None:
        box.compare_exchange(spawned.Deadly(), 1)

    process, *_ = start(die_comparing)
    process.join(SOON)
    assert process.exitcode == -signal.SIGKILL
    with pytest.raises(OwnerDied, match="died in the middle of an operation on Atomic 1"):
        box.load()  # a look alone, that finds the guard without a living owner
    with pytest.raises(OwnerDied):
        box.load()
    assert other.load() == 0


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_nobody_is_ended_inside_an_operation(scheduler: ProcessScheduler, end: str) -> None:
    """It compares when it is to be ended; that goes on to its end, and the object stays whole."""
    words = memoryview(mmap.mmap(-1, 8)).cast("q")
    box = verify.Atomic[Any](0)

    def compare() -> None:
        box.compare_exchange(spawned.Slow(words), 1)
        verify.Event().wait()

    process, *_ = start(compare)
    until(lambda: words[0])
    getattr(process, end)()
    assert process.exitcode in (-signal.SIGTERM, -signal.SIGKILL)
    assert box.load() == 0


def test_if_the_root_is_killed_everybody_ends() -> None:
    """The root prints its children's pids, one asleep, one computing, and is killed."""
    code = "from tests.processes.spawned import orphans; orphans()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as root:
        assert root.stdout is not None
        pids = [int(number) for number in root.stdout.readline().split()]
        assert len(pids) == 3
        root.kill()
    until(lambda: not any(alive(number) for number in pids))


def alive(number: int) -> bool:
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


# Ends


def test_exit_codes(scheduler: ProcessScheduler) -> None:
    def fail() -> None:
        raise ValueError("no")

    def die() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    tasks = start(lambda: None, fail, lambda: sys.exit(3), lambda: os._exit(4), die)
    for process in tasks:
        process.join()
    codes = [process.exitcode for process in tasks]
    assert codes == [0, 1, 3, 4, -signal.SIGTERM]
    assert not any(process.is_alive() for process in tasks)
    (failure,) = failures(scheduler)
    assert (failure.task, failure.kind, failure.message) == (
        "fail-1",
        "exception",
        "ValueError: no",
    )
    assert "in fail" in failure.traceback and 'raise ValueError("no")' in failure.traceback


def test_a_late_exit_code_is_not_the_next_ones(scheduler: ProcessScheduler) -> None:
    """A task ends in order, its entry goes to another one, and only then is it reaped."""
    table = scheduler._table
    first = table.claim("first")
    table.begin(first)
    table.let_go(first)
    second = table.claim("second")
    assert second % MAX_TASKS == first % MAX_TASKS and second != first
    table.set_exit_code(first, 1)
    assert table.exit_code(second) is None
    table.set_exit_code(second, 4)
    assert table.exit_code(second) == 4
    table.unclaim(second)


def test_any_task_may_join_any_other(scheduler: ProcessScheduler) -> None:
    """A sibling joins one that is killed, and sees its exit code; nobody else looks at it."""
    seen = verify.Queue[Any]()
    sleeper, *_ = start(signal.pause)

    def watch() -> None:
        sleeper.join(0.01)
        seen.put(sleeper.is_alive())
        sleeper.join()
        seen.put((sleeper.is_alive(), sleeper.exitcode))

    watcher, *_ = start(watch)
    assert seen.get() is True
    kill(scheduler, sleeper)
    assert seen.get(timeout=SOON) == (False, -signal.SIGKILL)
    watcher.join()


def test_time_outs(scheduler: ProcessScheduler) -> None:
    """Each gives up, not before its time; a sleeper woken in time does not."""
    ways: list[Callable[[], bool]] = [
        lambda: verify.Semaphore(0).acquire(timeout=0.05),
        lambda: verify.Event().wait(0.05),
        lambda: verify.Event(shared=False).wait(0.05),
    ]
    for give_up in ways:
        began = time.monotonic()
        assert give_up() is False
        assert time.monotonic() - began >= 0.05
    with pytest.raises(Empty):
        verify.Queue[int]().get(timeout=0.05)
    flag = verify.Event()
    process, *_ = start(lambda: flag.wait(60.0) or sys.exit(1))
    until(lambda: [task.timed for task in scheduler.blocked()] == [True])
    flag.set()
    process.join()
    assert process.exitcode == 0


def test_abort_ends_whoever_is_parked(scheduler: ProcessScheduler) -> None:
    """Unwinding performs no operation: neither would the `finally` release anything."""
    permits, lock = verify.Semaphore(0), verify.Lock()

    def wait() -> None:
        try:
            permits.acquire()
        finally:
            lock.acquire()

    tasks = start(wait, wait)
    until(lambda: len(scheduler.blocked()) == 2)
    pids = [pid(scheduler, task) for task in tasks]
    assert [task.object for task in scheduler.blocked()] == ["Semaphore 1"] * 2
    scheduler.abort()
    until(lambda: not any(alive(number) for number in pids))
    with pytest.raises(TaskKilled):
        lock.acquire()
    assert scheduler.failures == []


def test_abort_ends_who_only_looks(scheduler: ProcessScheduler) -> None:
    """A look needs no guard, but notices an abort."""
    begun, flag = verify.Event(), verify.Event()

    def poll() -> None:
        begun.set()
        while not flag.is_set():
            pass

    (task,) = start(poll)
    begun.wait()
    number = pid(scheduler, task)
    scheduler.abort()
    until(lambda: not alive(number))
    with pytest.raises(TaskKilled):
        flag.is_set()


def test_close_ends_tasks_that_never_would(scheduler: ProcessScheduler) -> None:
    """Children of children too; the fixture sees that nothing is left."""
    started = verify.Queue[int]()

    def forever() -> None:
        started.put(os.getpid())
        for _ in itertools.count():
            pass

    def parent() -> None:
        start(forever)
        signal.pause()

    start(parent, forever)
    pids = [started.get(), started.get()]
    scheduler.close()
    scheduler.close()
    assert not any(alive(number) for number in pids)
    with pytest.raises(Misuse, match="closed"):
        started.qsize()
