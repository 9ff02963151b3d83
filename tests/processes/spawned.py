"""What fresh interpreters import: targets of spawned processes, and a root that gets killed."""

from __future__ import annotations

import itertools
import os
import signal
import time
from typing import Any

import verify
from verify.scheduling.processes import ProcessScheduler
from verify.scheduling.scheduler import activate

ROUNDS = 50


class Deadly:
    """Kills whoever compares something with it."""

    def __ne__(self, other: object) -> bool:
        os.kill(os.getpid(), signal.SIGKILL)
        return True

    __hash__ = None  # type: ignore[assignment]


class Slow:
    """Takes its time to be compared: a word is 1 meanwhile."""

    def __init__(self, words: memoryview) -> None:
        self.words = words

    def __ne__(self, other: object) -> bool:
        self.words[0] = 1
        until = time.monotonic() + 0.2
        while time.monotonic() < until:
            os.sched_yield()
        return True

    __hash__ = None  # type: ignore[assignment]


def work(
    lock: verify.Lock,
    condition: verify.Condition,
    total: verify.Shared[int],
    inbox: verify.Queue[Any],
    outbox: verify.Queue[Any],
    ready: verify.Barrier,
    go: verify.Event,
    permits: verify.Semaphore,
) -> None:
    """Meet the others, then echo, count under the lock, and notify."""
    ready.wait()
    go.wait()
    for _ in range(ROUNDS):
        with permits, lock:
            total.value += 1
    outbox.put(inbox.get())
    with condition:
        condition.notify_all()


def fail() -> None:
    raise AssertionError("spawned")


def program() -> tuple[int, list[int | None]]:
    """Two workers and one that fails; the count, and how the workers ended."""
    shared = (
        verify.Lock(),
        verify.Condition(),
        verify.Shared(0),
        verify.Queue[Any](1),
        verify.Queue[Any](),
        verify.Barrier(3),
        verify.Event(),
        verify.Semaphore(1),
    )
    _, condition, total, inbox, outbox, ready, go, _ = shared
    workers = [verify.Process(target=work, args=shared) for _ in range(2)]
    failing = verify.Process(target=fail)
    for process in (*workers, failing):
        process.start()
    ready.wait()
    go.set()
    inbox.put(["a"])
    inbox.put(["b"])
    with condition:
        condition.wait_for(lambda: outbox.qsize() == 2)
    assert sorted([outbox.get(), outbox.get()]) == [["a"], ["b"]]
    for process in (*workers, failing):
        process.join()
    assert failing.exitcode == 1
    return total.value, [process.exitcode for process in workers]


def orphans() -> None:
    """A root with a child that sleeps, one that computes, and a child of a child; never ends."""
    activate(ProcessScheduler())
    pids, never = verify.Queue[int](), verify.Event()

    def sleep() -> None:
        pids.put(os.getpid())
        never.wait()

    def compute() -> None:
        pids.put(os.getpid())
        for _ in itertools.count():
            pass

    def parent() -> None:
        verify.Process(target=compute).start()
        sleep()

    for target in (parent, sleep):
        verify.Process(target=target).start()
    print(*(pids.get() for _ in range(3)), flush=True)
    signal.pause()
