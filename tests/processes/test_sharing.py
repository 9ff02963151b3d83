"""What processes may share, what goes along as a copy, and what is refused by name."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

import verify
from tests.processes import spawned
from tests.processes.watching import (
    SOON,
    failures,
    open_files,
    start,
)
from verify.errors import Misuse, UsageError
from verify.scheduling import pthread
from verify.scheduling.encoding import MAX_STATE
from verify.scheduling.processes import ProcessScheduler
from verify.scheduling.scheduler import activate
from verify.scheduling.threads import ThreadScheduler

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


def test_every_failure_inside_a_process_on_the_threads_scheduler_comes_back() -> None:
    """A Process whose own thread fails, and which then fails itself, fails twice; and ten failures
    with the longest of tracebacks are more than a pipe holds, but still the process ends."""

    def fail(message: str) -> None:
        raise ValueError(message)

    def fail_often(times: int, message: str) -> None:
        for _ in range(times):
            thread = verify.Thread(target=fail, args=(message,))
            thread.start()
            thread.join()
        fail("last")

    scheduler = ThreadScheduler()
    scheduler.failures = []
    activate(scheduler)
    try:
        for times, message in ((1, "first"), (10, "é" * 20_000)):
            process = verify.Process(target=fail_often, args=(times, message))
            process.start()
            process.join(SOON)
            assert process.exitcode == 1
    finally:
        activate(None)
    messages = [failure.message for failure in scheduler.failures]
    assert messages[:2] == ["ValueError: first", "ValueError: last"]
    assert len(messages) > 3
