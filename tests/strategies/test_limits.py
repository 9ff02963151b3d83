"""Limits stop a search exactly where they say, name themselves, and are never a proof.

The subject has a class for each order in which three tasks put three items each into one queue:
9! / 3!³ = 1680. Each order leaves another state, so what is learnt of it soon fills a small memory.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from math import ceil, factorial

import pytest

import verify
from verify.errors import UsageError
from verify.exploration import carrying
from verify.exploration.carrying import MEMOISED, RE_EXECUTED, WORTHWHILE
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.memory import MEGABYTE
from verify.exploration.report import Report, Verdict

CLASSES = factorial(9) // factorial(3) ** 3


def put_thrice(queue: verify.Queue[int], item: int) -> None:
    for _ in range(3):
        queue.put(item)


def orders() -> int:
    """The item that came first."""
    queue: verify.Queue[int] = verify.Queue()
    tasks = [verify.Thread(target=put_thrice, args=(queue, item)) for item in range(3)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    return queue.get()


def orders_but_one_third() -> None:
    """Each of the items comes first in a third of the classes."""
    assert orders() != 2


class Clock:
    """Goes on by a second with each execution."""

    def __init__(self) -> None:
        self.seconds = 0

    def read(self) -> float:
        return float(self.seconds)

    def tick(self, report: Report, events: int) -> None:
        self.seconds += 1


@pytest.fixture(params=[True, False], ids=[MEMOISED, RE_EXECUTED])
def memoise(request: pytest.FixtureRequest) -> bool:
    found: bool = request.param
    return found


def carrier(memoise: bool, executions: int) -> str:
    """How a search is carried that has room for so many executions."""
    return MEMOISED if memoise and executions > WORTHWHILE else RE_EXECUTED


@pytest.mark.parametrize("most", [1, 2, 63, 65, 127, 128, 129, 1_000, CLASSES - 1])
def test_so_many_executions_and_not_one_more(most: int, memoise: bool) -> None:
    """Also where a search begins again to be memoised, and where one is run for real as well."""
    report = verify.explore(orders, max_executions=most, memoise=memoise)
    assert report.verdict is Verdict.UNDETERMINED
    assert not report.complete
    assert report.executions == report.outcomes["ok"] == report.outcomes.total() == most
    assert report.stop_reason == f"{most} execution{'s' if most > 1 else ''} (max_executions)"
    assert report.stop_reason in str(report)
    assert report.carrier == carrier(memoise, most)


def test_each_of_them_is_one_run_of_the_program() -> None:
    runs = Counter[str]()

    def program() -> None:
        runs["begun"] += 1
        orders()
        runs["ended"] += 1

    verify.explore(program, max_executions=7, memoise=False)
    assert runs["begun"] == runs["ended"] >= 7  # some of them are run twice, to compare


def test_as_many_as_there_are_is_no_limit(memoise: bool) -> None:
    report = verify.explore(orders, max_executions=CLASSES, memoise=memoise)
    assert (report.verdict, report.executions, report.stop_reason) == (Verdict.PROVED, CLASSES, "")


@pytest.mark.parametrize("seconds", [0.5, 1, 10, 10.5, 62.5, 64.5, 100, 100.5])
def test_time_runs_out_after_the_execution_in_which_it_does(
    seconds: float, memoise: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(time, "perf_counter", clock.read)
    search = Search(
        orders, limits=Limits(max_seconds=seconds), memoise=memoise, on_progress=clock.tick
    )
    report = search.run()
    assert clock.seconds == report.elapsed == ceil(seconds)
    assert report.verdict is Verdict.UNDETERMINED
    assert not report.complete
    assert report.stop_reason == f"{seconds:g} seconds (max_seconds)"
    assert report.carrier == carrier(memoise, clock.seconds)


@pytest.mark.parametrize("name", ["max_executions", "max_seconds", "max_steps", "max_memory"])
@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_is_positive(name: str, limit: int) -> None:
    explore: Callable[..., Report] = verify.explore
    with pytest.raises(UsageError, match=f"{name} is {limit}: it must be greater than 0"):
        explore(orders, **{name: limit})


def test_what_is_learnt_is_bounded_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are more states than classes, at some hundred bytes each: over a megabyte in all."""
    monkeypatch.setattr(carrying, "LEARNT", MEGABYTE)
    report = verify.explore(orders_but_one_third, stop_at_first=False)
    assert (report.carrier, report.carrier_reason) == (
        RE_EXECUTED,
        "what was learnt took more than 1 MB",
    )
    assert report.complete
    assert report.outcomes == {"ok": CLASSES * 2 // 3, "assertion": CLASSES // 3}
    assert report.blocked_executions == 0


def test_enough_memory_is_enough() -> None:
    report = verify.explore(orders_but_one_third, stop_at_first=False)
    assert (report.carrier, report.carrier_reason) == (MEMOISED, "")
    assert report.outcomes == {"ok": CLASSES * 2 // 3, "assertion": CLASSES // 3}
