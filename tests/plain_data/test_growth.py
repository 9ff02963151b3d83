"""Stores under the keys of a dictionary: with each other only where a key is new, or the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import factorial
from typing import Any

import pytest

import verify
from verify.exploration.report import Verdict

pytest.importorskip("verify.instrumentation.hooks")
instrument: Any = verify.instrument  # type: ignore[attr-defined, unused-ignore]
TASKS = 4


def in_threads(*targets: Callable[[], object]) -> None:
    threads = [threading.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@instrument
def stores(table: Any, keys: list[int]) -> None:
    def store(key: int) -> None:
        table[key] = 1

    in_threads(*[lambda key=key: store(key) for key in keys])


@instrument
def adds(elements: set[int], keys: list[int]) -> None:
    in_threads(*[lambda key=key: elements.add(key) for key in keys])


def test_stores_under_keys_that_are_there_do_not_meet() -> None:
    keys = list(range(TASKS))
    assert verify.explore(lambda: stores(dict.fromkeys(keys), keys)).executions == 1
    assert verify.explore(lambda: adds(set(keys), keys)).executions == 1


def test_stores_under_new_keys_decide_about_their_order() -> None:
    keys = list(range(TASKS))
    assert verify.explore(lambda: stores({}, keys)).executions == factorial(TASKS)
    assert verify.explore(lambda: adds(set(), keys)).executions == factorial(TASKS)


def test_one_new_key_is_in_nobodys_way() -> None:
    keys = list(range(TASKS))
    assert verify.explore(lambda: stores(dict.fromkeys(keys[1:]), keys)).executions == 1


def test_stores_under_one_key_meet() -> None:
    keys = [0] * TASKS
    assert verify.explore(lambda: stores({0: 0}, keys)).executions == factorial(TASKS)
    assert verify.explore(lambda: stores({}, keys)).executions == factorial(TASKS)


@instrument
def stores_where_another_deletes(table: dict[str, int], *, looks: bool) -> None:
    """The key is new only where it was deleted before, and then it comes last."""
    in_threads(
        lambda: table.__setitem__("x", 1),
        lambda: table.pop("x"),
        lambda: table.__setitem__("y", 1),
    )
    if looks:
        assert list(table) != ["y", "x"]


def test_a_key_may_be_new_only_in_some_executions() -> None:
    """Of three: the deletion and the store, in either order. Where the store comes second it and
    the other task's are in some order: then that of the keys is."""

    def program() -> None:
        stores_where_another_deletes({"x": 0}, looks=True)

    report = verify.explore(program)
    assert report.verdict is Verdict.VIOLATED
    assert verify.replay(program, report.failures[0].trace).verdict is Verdict.VIOLATED


def test_the_order_of_new_keys_is_replayed() -> None:
    @instrument
    def program() -> None:
        table: dict[str, int] = {}
        in_threads(lambda: table.setdefault("x", 1), lambda: table.setdefault("y", 1))
        assert list(table) == ["x", "y"]

    report = verify.explore(program)
    assert report.verdict is Verdict.VIOLATED
    assert verify.replay(program, report.failures[0].trace).verdict is Verdict.VIOLATED
