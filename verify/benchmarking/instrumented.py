"""What instrumented code costs while nothing is explored, and how fast it is explored.

Each piece of work does little but what instrumenting is about. It is run as it is and rewritten, in
turn; the best round of each counts. A lost update, rewritten, is explored memoised and re-executed,
in executions per second of the processor.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import FunctionType
from typing import Any

import verify
from verify.errors import InternalFault
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.instrumentation.functions import instrumented_in_place

ROUNDS = 7
TIMES = 100_000
AT_MOST = 3.0
"""How many times as long it may take."""

LOST_UPDATE = "lost update"
TASKS = 5
AT_LEAST = 80_000
"""Executions of it in a second."""

Work = Callable[[int], None]
count = 0


def _attributes(times: int) -> None:
    class Point:
        def __init__(self) -> None:
            self.x, self.y = 0, 1

    point = Point()
    for _ in range(times):
        point.x = point.x + point.y
        point.x -= 1
        if point.x > point.y:
            point.y = point.x


def _items(times: int) -> None:
    by_name, numbers = {"a": 1, "b": 2}, [0] * 10
    for i in range(times):
        numbers[i % 10] = numbers[(i + 1) % 10] - by_name["a"]
        by_name["b"] += numbers[3]
        by_name.pop("c", None)


def _methods(times: int) -> None:
    class Counter:
        def __init__(self) -> None:
            self.n = 0

        def up(self) -> int:
            self.n += 1
            return self.n

    counter, items = Counter(), [1]
    for i in range(times):
        counter.up()
        items.append(i)
        items.pop()
        len(items)


def _variables(times: int) -> None:
    n = 0

    def bump() -> None:
        nonlocal n
        global count
        n += 1
        count = n

    for _ in range(times):
        bump()


def _loops(times: int) -> None:
    numbers = list(range(100))
    for _ in range(times // 100):
        total = 0
        for number in numbers:
            total += number
        sum(number for number in numbers if number)
        sorted([number + 1 for number in numbers], key=lambda number: -number)


WORK: dict[str, Work] = {
    "attributes": _attributes,
    "items": _items,
    "methods": _methods,
    "variables": _variables,
    "loops": _loops,
}


def _lost_update(tasks: int) -> None:
    class Counter:
        def __init__(self) -> None:
            self.n = 0

    counter = Counter()

    def up() -> None:
        counter.n += 1

    threads = [verify.Thread(target=up) for _ in range(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def measure_instrumented(what: str, number: int) -> dict[str, float]:
    """Seconds for a piece of work, `number` times around, as it is and rewritten; of LOST_UPDATE,
    executions per second with so many tasks."""
    if what == LOST_UPDATE:
        return {
            "memoised": _rate(number, memoise=True),
            "re-executed": _rate(number, memoise=False),
            "least": AT_LEAST,
        }
    plain: Any = WORK[what]
    rewritten = instrumented_in_place(FunctionType(plain.__code__, dict(plain.__globals__)))
    ours = theirs = float("inf")
    for _ in range(ROUNDS):
        theirs = min(theirs, _timed(plain, number))
        ours = min(ours, _timed(rewritten, number))
    return {"ours": ours, "theirs": theirs, "ratio": ours / theirs, "most": AT_MOST}


def _rate(tasks: int, memoise: bool) -> float:
    plain: Any = _lost_update
    space = {**plain.__globals__, "__name__": "lost_update"}  # what is in verify has no plain data
    rewritten = instrumented_in_place(FunctionType(plain.__code__, space))
    search = Search(
        lambda: rewritten(tasks),
        limits=Limits(None, None, 10_000, 256),
        stop_at_first=False,
        memoise=memoise,
        suppress=["data_race"],
    )
    began = time.process_time()
    report = search.run()
    spent = time.process_time() - began
    if not search.shares_plain_data:
        raise InternalFault("nothing is shared by the tasks that add to an attribute")
    return report.executions / spent


def _timed(work: Work, times: int) -> float:
    began = time.perf_counter()
    work(times)
    return time.perf_counter() - began
