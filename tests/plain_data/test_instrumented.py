"""Code that was rewritten to tell of its accesses: refuted, proved, and counted as with Shared."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import verify
from verify.exploration.loop import Search

pytest.importorskip("verify.instrumentation.hooks")
instrument: Any = verify.instrument  # type: ignore[attr-defined, unused-ignore]


def in_threads(*targets: Callable[[], object]) -> None:
    threads = [threading.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Thing:
    pass


@instrument
def reached_through_a_list(lock: Any) -> None:
    s: Any = Thing()
    s.a = [Thing()]
    s.a[0].v = 0

    def increment() -> None:
        with lock:
            s.a[0].v = s.a[0].v + 1

    in_threads(increment, increment)
    assert s.a[0].v == 2


@instrument
def checked_then_acted(lock: Any) -> None:
    cache: dict[str, int] = {}
    made: list[str] = []

    def get() -> None:
        with lock:
            if "key" not in cache:
                made.append("key")
                cache["key"] = 1

    in_threads(get, get)
    assert len(made) == 1


@instrument
def iterated_while_another_appends(lock: Any) -> None:
    table = {1: 1}

    def iterate() -> None:
        with lock:
            for _ in table:
                pass

    def append() -> None:
        with lock:
            table[2] = 2

    in_threads(iterate, append)


@instrument
def counted_in_a_closure(lock: Any) -> None:
    n = 0

    def increment() -> None:
        nonlocal n
        with lock:
            n += 1

    in_threads(increment, increment)
    assert n == 2


class NoLock:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        pass


@pytest.mark.parametrize(
    "program",
    [
        reached_through_a_list,
        checked_then_acted,
        iterated_while_another_appends,
        counted_in_a_closure,
    ],
)
def test_it_fails_and_the_locked_one_is_proved(program: Callable[[Any], None]) -> None:
    report = verify.explore(lambda: program(NoLock()))
    assert report.verdict.name == "VIOLATED"
    again = verify.replay(lambda: program(NoLock()), report.failures[0].trace)
    assert again.verdict.name == "VIOLATED", again.nondeterminism
    assert verify.explore(lambda: program(threading.Lock())).verdict.name == "PROVED"


@pytest.mark.parametrize("program", [reached_through_a_list, counted_in_a_closure])
def test_there_are_as_many_classes_as_with_shared(program: Callable[[Any], None]) -> None:
    """Two increments of one field, each a read and a write: (2!)² = 4."""
    report = verify.explore(lambda: program(NoLock()), stop_at_first=False)
    assert (report.executions, report.blocked_executions) == (4, 0)


@instrument
def awaited(make: Callable[[Any], None]) -> None:
    flag: Any = Thing()
    flag.up = False

    def wait() -> None:
        while not flag.up:
            pass

    in_threads(wait, lambda: make(flag))


@instrument
def awaited_items() -> None:
    items: list[int] = []

    def wait() -> None:
        while not items:
            pass
        items.pop()

    in_threads(wait, lambda: items.append(1))


@instrument
def raise_it(flag: Any) -> None:
    flag.up = True


@instrument
def leave_it(flag: Any) -> None:
    flag.up = False


def test_who_awaits_a_field_waits_for_it() -> None:
    racing = Search(lambda: awaited(raise_it), suppress=["data_race"])
    assert racing.run().verdict.name == "PROVED"
    for_ever = Search(lambda: awaited(leave_it), suppress=["data_race"])
    assert for_ever.run().failures[0].kind == "livelock"
    assert verify.explore(awaited_items).verdict.name == "PROVED"
