"""Five programs with a bug each, on plain data, and their locked versions.

They are ordinary programs, and know of no explorer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext


class Account:
    def __init__(self) -> None:
        self.v = 0


class Bank:
    def __init__(self) -> None:
        self.a = [Account()]


class Connection:
    def __init__(self) -> None:
        self.open = True


class Lazy:
    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.made = 0


def run(*targets: Callable[[], object]) -> None:
    threads = [threading.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _lost_update(guard: AbstractContextManager[object]) -> None:
    s = Bank()

    def increment() -> None:
        with guard:
            s.a[0].v = s.a[0].v + 1

    run(increment, increment)
    assert s.a[0].v == 2


def lost_update() -> None:
    _lost_update(nullcontext())


def lost_update_locked() -> None:
    _lost_update(threading.Lock())


def _check_then_act(guard: AbstractContextManager[object]) -> None:
    stock = {"apple": 1}
    sold: list[str] = []

    def buy() -> None:
        with guard:
            if "apple" in stock:
                del stock["apple"]
                sold.append("apple")

    run(buy, buy)
    assert sold == ["apple"]


def check_then_act() -> None:
    _check_then_act(nullcontext())


def check_then_act_locked() -> None:
    _check_then_act(threading.Lock())


def _iterate_while_appending(guard: AbstractContextManager[object]) -> None:
    """A list does not mind, a dict does; here a sum that was taken twice has to be the same."""
    items = [1, 2]
    sums: list[int] = []

    def add() -> None:
        with guard:
            items.append(4)

    def total() -> None:
        with guard:
            for _ in range(2):
                found = 0
                for item in items:
                    found += item
                sums.append(found)

    run(add, total)
    assert sums[0] == sums[1]


def iterate_while_appending() -> None:
    _iterate_while_appending(nullcontext())


def iterate_while_appending_locked() -> None:
    _iterate_while_appending(threading.Lock())


def double_checked_locked() -> None:
    lazy, lock = Lazy(), threading.Lock()

    def connection() -> Connection:
        with lock:
            if lazy.connection is None:
                lazy.made += 1
                lazy.connection = Connection()
            return lazy.connection

    run(connection, connection)
    assert lazy.made == 1


def _double_checked(look_again: bool) -> None:
    lazy, lock = Lazy(), threading.Lock()

    def connection() -> Connection:
        if lazy.connection is None:
            with lock:
                if not look_again or lazy.connection is None:
                    lazy.made += 1
                    lazy.connection = Connection()
        return lazy.connection

    run(connection, connection)
    assert lazy.made == 1


def double_checked_once() -> None:
    _double_checked(look_again=False)


def double_checked() -> None:
    _double_checked(look_again=True)


def _closure_counter(guard: AbstractContextManager[object]) -> None:
    count = 0

    def increment() -> None:
        nonlocal count
        with guard:
            count += 1

    run(increment, increment)
    assert count == 2


def closure_counter() -> None:
    _closure_counter(nullcontext())


def closure_counter_locked() -> None:
    _closure_counter(threading.Lock())
