"""Await loops on what is the library's: recognised as those on the harness's own objects are."""

from __future__ import annotations

import threading
from collections.abc import Callable

import verify
from verify.exploration.report import Verdict


class Flag(threading.Event):
    """A subclass, as a program may have one."""


class Worker:
    def __init__(self, flag: threading.Event) -> None:
        self.flag = flag

    def work(self) -> None:
        while not self.flag.is_set():
            pass


def together(*targets: Callable[[], object]) -> None:
    threads = [threading.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def waits_for(flag: threading.Event) -> None:
    """The flag is up when it is first looked at, or else when it is looked at again: two classes.

    Who has looked is only run on when the flag has been written.
    """
    worker = Worker(flag)
    together(worker.work, flag.set)


def test_a_task_that_spins_on_an_event() -> None:
    for kind in (threading.Event, Flag):
        report = verify.explore(lambda kind=kind: waits_for(kind()))
        assert (report.verdict, report.executions) == (Verdict.PROVED, 2)


def test_one_that_spins_for_ever() -> None:
    def program() -> None:
        together(Worker(threading.Event()).work)

    assert [failure.kind for failure in verify.explore(program).failures] == ["livelock"]


def test_a_task_that_polls_a_lock_of_the_librarys() -> None:
    def program() -> None:
        lock = threading.Lock()
        lock.acquire()

        def poll() -> None:
            while lock.locked():
                pass

        together(poll, lock.release)

    assert verify.explore(program).verdict is Verdict.PROVED


def test_a_local_is_not_taken_for_something_that_others_change() -> None:
    """What a task keeps in a threading.local is its own, and no event shows it."""

    def program() -> None:
        mine, flag = threading.local(), threading.Event()

        def count() -> None:
            mine.turns = 0
            while mine.turns < 3:
                flag.is_set()
                mine.turns += 1

        together(count, flag.set)

    assert verify.explore(program).verdict is Verdict.PROVED
