"""What the processes scheduler owes beyond the battery: death, refusal, cleanliness, and speed.

Nothing here waits for time to pass. A test learns that a task sleeps from `blocked()`, that it is
dead from its join, and everything that must come "soon" is bounded by the time-out of a join.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

import verify
from tests.schedulers import hammering, spawned
from verify.errors import Misuse, OwnerDied, TaskKilled, UsageError
from verify.scheduling import pthread
from verify.scheduling.arena import MAX_STATE
from verify.scheduling.monitor import TaskFailure
from verify.scheduling.processes import ProcessScheduler
from verify.scheduling.scheduler import activate

SOON = 5.0
"""Seconds within which what must happen has happened, however busy the machine is."""


def open_files() -> set[str]:
    """What this process has open; "anon_inode" and memfd entries show by name."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            found.add(f"{link.name} {link.readlink()}")
        except OSError:  # the one that listed the directory
            continue
    return found


def children() -> set[str]:
    """The living and the unreaped children of this process."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def mapped() -> int:
    """How many mappings of shared anonymous files this process has."""
    return Path("/proc/self/maps").read_text().count("memfd:verify")


@pytest.fixture
def processes() -> Iterator[Callable[..., ProcessScheduler]]:
    """Makes schedulers; afterwards nothing of them may be left."""
    files, born, names = open_files(), children(), set(Path("/dev/shm").iterdir())
    made: list[ProcessScheduler] = []

    def make(start_method: str = "fork", seed: int | None = 1) -> ProcessScheduler:
        scheduler = ProcessScheduler(seed, start_method)
        scheduler.failures = []
        made.append(scheduler)
        activate(scheduler)
        return scheduler

    yield make
    activate(None)
    for scheduler in made:
        scheduler.close()
    assert open_files() == files
    assert children() == born
    assert set(Path("/dev/shm").iterdir()) == names
    assert mapped() == 0


@pytest.fixture
def scheduler(processes: Callable[..., ProcessScheduler]) -> ProcessScheduler:
    return processes()


def until(true: Callable[[], object]) -> None:
    """Let the others go on until something that they will bring about holds."""
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end, "it did not happen"
        os.sched_yield()


def pid(scheduler: ProcessScheduler, process: verify.Thread) -> int:
    assert process.ident is not None
    return scheduler.pid(process.ident)


def kill(scheduler: ProcessScheduler, process: verify.Thread) -> None:
    os.kill(pid(scheduler, process), signal.SIGKILL)


def start(*targets: Callable[[], object]) -> list[verify.Process]:
    started = [verify.Process(target=target) for target in targets]
    for process in started:
        process.start()
    return started


def failures(scheduler: ProcessScheduler) -> list[TaskFailure]:
    found = scheduler.failures
    assert found is not None
    return found


# The hammer


@pytest.mark.parametrize("victim", [None, 7])
def test_eight_processes_hammer(
    scheduler: ProcessScheduler, victim: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """At least 1 000 000 operations: 8 workers, 7 operations a round; a victim does half of its
    rounds, so 17 858 rounds are enough without one and 19 048 with one. Each worker then has an
    eighth, and the victim half as much: 6.7 %."""
    rounds = 17_858 if victim is None else 19_048
    books = hammering.hammer(rounds, victim)
    with capsys.disabled():
        print(f"\n  {'hammer' if victim is None else 'hammer, one killed'}: {books}")
    done = [rounds // 2 if worker == victim else rounds for worker in range(hammering.WORKERS)]
    assert books.operations == [hammering.A_ROUND * each for each in done]
    assert sum(books.operations) >= 1_000_000
    assert min(books.operations) >= 0.05 * sum(books.operations)
    assert len(set(books.pids)) == hammering.WORKERS and os.getpid() not in books.pids
    assert books.put == books.taken == sum(each * (each + 1) // 2 for each in done)
    assert books.rounds_counted == sum(done)
    assert books.scans > 0 and books.wrong == 0
    assert scheduler.failures == []


def test_thousands_of_tasks_take_no_more_memory_than_a_few(scheduler: ProcessScheduler) -> None:
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

    for _ in range(100):
        program()
    settled = used()
    for _ in range(200):
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
        box.load()
    with pytest.raises(OwnerDied):
        box.load()
    assert other.load() == 0


def test_if_the_root_is_killed_everybody_ends() -> None:
    """The root prints its children's pids, one asleep, one computing, and is killed."""
    code = "from tests.schedulers.spawned import orphans; orphans()"
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


# What may be shared


class Account:
    """An object that holds nothing but what can be shared; `rename` makes it one that cannot."""

    def __init__(self) -> None:
        self.owner = "anybody"
        self.balance = verify.Atomic(0)

    def deposit(self) -> None:
        self.balance.add(len(self.owner))


class Renamed(Account):
    def rename(self) -> None:
        self.owner = "somebody"


COUNTS: list[int] = []
AT_IMPORT = verify.Lock()
LIMITS = {"most": 3}


def name_a_global() -> None:
    COUNTS.append(1)


def name_it_through_another() -> None:
    name_a_global()


TOTAL = 0


def assign_a_global() -> None:
    global TOTAL
    TOTAL = 1


def use_what_is_older() -> None:
    AT_IMPORT.acquire()


def read_a_constant() -> int:
    return LIMITS["most"]


def test_what_is_shared_is_refused_by_name(scheduler: ProcessScheduler) -> None:
    seen: list[int] = []
    serial = itertools.count()
    real = threading.Lock()
    total = 0
    counts = {"done": 0}

    def add() -> None:
        nonlocal total
        total += 1

    def count() -> None:
        counts["done"] += 1

    refused: list[tuple[verify.Thread, str]] = [
        (verify.Thread(target=lambda: seen.append(1)), "seen"),
        (verify.Thread(target=seen.append, args=(1,)), "target"),
        (verify.Thread(target=print, args=(1, seen)), "argument 2"),
        (verify.Thread(target=print, kwargs={"end": bytearray()}), "argument end"),
        (verify.Thread(target=lambda: next(serial)), "serial"),
        (verify.Thread(target=lambda: real.acquire()), "real"),
        (verify.Thread(target=add), "total"),
        (verify.Thread(target=count), "counts"),
        (verify.Thread(target=name_it_through_another), "COUNTS"),
        (verify.Thread(target=assign_a_global), "TOTAL"),
        (verify.Thread(target=use_what_is_older), "AT_IMPORT"),
        (verify.Thread(target=Renamed().deposit), "owner"),
    ]
    for task, name in refused:
        with pytest.raises(Misuse, match=f"{task.name} would share .*{name}"):
            task.start()
    assert scheduler.living() == {0: "main"}


def test_what_cannot_change_goes_along(scheduler: ProcessScheduler) -> None:
    forks = [verify.Lock(), verify.Lock()]
    account = Account()
    order = (0, 1)

    def dine() -> None:
        with forks[order[0]], forks[order[1]]:
            account.deposit()

    tasks = start(dine, account.deposit, read_a_constant)

    def watch() -> None:
        for task in tasks:
            task.join()

    watcher, *_ = start(watch)
    watcher.join()
    assert watcher.exitcode == 0 and account.balance.load() == 2 * len("anybody")


def test_an_object_that_is_not_shared_is_copied_held_or_not(scheduler: ProcessScheduler) -> None:
    own, result = verify.Lock(shared=False), verify.Queue[bool]()
    own.acquire()

    def look() -> None:
        result.put(own.locked())
        own.release()
        result.put(own.locked())

    process, *_ = start(look)
    process.join()
    assert (result.get(), result.get(), own.locked()) == (True, False, True)


def test_a_state_beyond_the_limit_is_refused_and_leaves_the_old_one(
    scheduler: ProcessScheduler,
) -> None:
    """Blocks grow up to the limit, which is the same for all objects."""
    box, queue = verify.Shared[Any](b""), verify.Queue[Any]()
    for size in (100, 1_000, 100_000, MAX_STATE - 100):
        box.value = b"x" * size
        assert len(box.value) == size
    with pytest.raises(Misuse, match=rf"Shared 1 would hold \d+ bytes, .* {MAX_STATE}"):
        box.value = b"x" * (MAX_STATE + 1)
    assert len(box.value) == MAX_STATE - 100
    with pytest.raises(Misuse, match="Queue 1 cannot be sent to another process"):
        queue.put(lambda: None)
    with pytest.raises(Misuse, match="Queue 1 cannot be sent to another process"):
        queue.put(box)
    assert queue.empty()


def test_values_keep_their_types_and_are_copies(scheduler: ProcessScheduler) -> None:
    """What one process does to a mutable value that it got is seen by nobody, itself included."""
    values = [1 << 80, -1, True, 1.5, "é\0", b"\0", None, (1, (2, ())), {"a": [1]}, bytearray(b"x")]
    box = verify.Shared[Any](None)
    for value in values:
        box.value = value
        assert box.value == value and type(box.value) is type(value)
    box.value = [1]
    box.value.append(2)
    assert box.value == [1]


# Spawned


def test_spawned_processes_share_what_they_are_passed(
    processes: Callable[..., ProcessScheduler],
) -> None:
    """Every kind of primitive goes to a fresh interpreter as an argument, and works there."""
    scheduler = processes("spawn")
    assert spawned.program() == (2 * spawned.ROUNDS, [0, 0])
    (failure,) = failures(scheduler)
    assert (failure.kind, failure.message) == ("assertion", "spawned")


def test_a_target_that_cannot_be_pickled_is_refused(
    processes: Callable[..., ProcessScheduler],
) -> None:
    scheduler = processes("spawn")
    with pytest.raises(Misuse, match=r"<lambda>-1 cannot be sent to a spawned process"):
        verify.Process(target=lambda: None).start()
    assert scheduler.living() == {0: "main"}


# Elsewhere


def test_a_platform_without_robust_mutexes_is_told_what_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on a C library that lacks one of the functions."""
    monkeypatch.setattr(pthread, "KEEPING", (*pthread.KEEPING, "pthread_mutex_of_the_future"))
    pthread.pthread.cache_clear()
    files = open_files()
    with pytest.raises(UsageError, match=r"no pthread_mutex_of_the_future.*on threads"):
        ProcessScheduler()
    pthread.pthread.cache_clear()
    assert open_files() == files
    with pytest.raises(UsageError, match="no start method 'forkserver'"):
        ProcessScheduler(start_method="forkserver")


def test_a_process_on_the_threads_scheduler_shares_nothing() -> None:
    """It lives on a scheduler of its own; an object of its parent's is refused in it by name."""
    lock = verify.Lock()
    codes = []

    def own() -> None:
        box = verify.Shared(0)
        helper = verify.Thread(target=lambda: setattr(box, "value", 5))
        helper.start()
        helper.join()
        sys.exit(box.value)

    def borrow() -> None:
        try:
            lock.acquire()
        except Misuse as error:
            sys.exit(6 if "borrow-" in str(error) else 7)

    for target in (own, borrow, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        process = verify.Process(target=target)
        process.start()
        process.join(SOON)
        assert not process.is_alive()
        codes.append(process.exitcode)
    assert codes == [5, 6, -signal.SIGKILL]
    assert not lock.locked()
